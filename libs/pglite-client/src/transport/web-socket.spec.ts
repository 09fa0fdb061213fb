import { must } from '@millrace/kernel';
import { manualClock } from '@millrace/testing';
import { PING, PONG } from '@millrace/sync-protocol';
import { webSocketOpener, type WebSocketConstructor } from './web-socket.js';

function world() {
  const clock = manualClock();
  const sent: string[] = [];
  const told: unknown[] = [];
  const sockets: ScriptedSocket[] = [];
  class ScriptedSocket {
    readyState = 0;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;
    constructor() {
      sockets.push(this);
    }
    send = (text: string) => sent.push(text);
    close = (code: number) => told.push(`closing ${code}`);
  }
  const opened = webSocketOpener('https://app.example', {
    Socket: ScriptedSocket as unknown as WebSocketConstructor,
    clock,
  })('id', 'token', {
    opened: () => told.push('opened'),
    message: (text) => told.push(text),
    closed: (code, reason) => told.push([code, reason]),
  });
  const scripted = must(sockets[0], 'no socket was made');
  return {
    clock,
    sent,
    told,
    opened,
    open: () => {
      scripted.readyState = 1;
      scripted.onopen?.();
    },
    receive: (data: unknown) => scripted.onmessage?.({ data }),
    drop: () => scripted.onclose?.({ code: 1006, reason: '' }),
  };
}

describe('webSocketOpener', () => {
  it('(I9) asks a silent server whether it is there, and gives the socket up when nothing comes', () => {
    const { clock, sent, told, open } = world();
    open();
    clock.advance(19_999);
    expect(sent).toEqual([]);
    clock.advance(1);
    expect(sent).toEqual([PING]);
    clock.advance(9_999);
    expect(told).toEqual(['opened']);
    clock.advance(1);
    expect(told).toEqual(['opened', 'closing 1000', [1006, expect.stringContaining('silent')]]);
    clock.advance(600_000);
    expect(sent).toEqual([PING]);
  });

  it('keeps a socket whose server answers, and tells nobody of the answer', () => {
    const { clock, sent, told, open, receive } = world();
    open();
    for (let n = 0; n < 10; n++) {
      clock.advance(20_000);
      receive(PONG);
    }
    expect(sent).toEqual(Array.from({ length: 10 }, () => PING));
    expect(told).toEqual(['opened']);
  });

  it('takes any frame for a sign of life: a busy socket is never asked', () => {
    const { clock, sent, told, open, receive } = world();
    open();
    for (let n = 0; n < 20; n++) {
      clock.advance(15_000);
      receive('[]');
    }
    expect(sent).toEqual([]);
    expect(told).toHaveLength(21);
  });

  it.each([
    ['closed here', ({ opened }: ReturnType<typeof world>) => opened.close(1000, 'done')],
    ['closed there', ({ drop }: ReturnType<typeof world>) => drop()],
    ['never open', () => undefined],
  ])('asks nothing on a socket that is %s', (_what, end) => {
    const all = world();
    if (end.length > 0) all.open();
    end(all);
    all.clock.advance(600_000);
    expect(all.sent).toEqual([]);
    expect(all.told.filter((each) => Array.isArray(each)).length).toBeLessThanOrEqual(1);
  });
});
