import type { CopySession } from '@millrace/kernel';
import { buildSnapshot } from './snapshot-build.js';

function fakeSession() {
  let closed = 0;
  const session = { close: async () => void closed++ } as Partial<CopySession> as CopySession;
  return { session, closed: () => closed > 0 };
}

const bytes = (n: number) => new Uint8Array([n]);

describe('buildSnapshot', () => {
  it('sends all blocks, and closes the session at the end', async () => {
    const { session, closed } = fakeSession();
    const { body } = buildSnapshot(session, async function* () {
      yield bytes(1);
      yield bytes(2);
    });
    expect(Buffer.from(await new Response(body).arrayBuffer())).toEqual(Buffer.from([1, 2]));
    expect(closed()).toBe(true);
  });

  it('[I11] reads no further than its reader', async () => {
    let made = 0;
    const { body } = buildSnapshot(fakeSession().session, async function* () {
      for (;;) yield bytes(++made);
    });
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    expect(made).toBeLessThanOrEqual(4);
    await reader.cancel();
  });

  it.each(['cancelled by its reader', 'ended by its owner'])(
    '%s, lets the session go at once, even while a block is waited for',
    async (how) => {
      const { session, closed } = fakeSession();
      let signalled: AbortSignal | null = null;
      const build = buildSnapshot(session, async function* (signal) {
        signalled = signal;
        yield bytes(1);
        await new Promise(() => undefined);
      });
      const reader = build.body.getReader();
      await reader.read();
      if (how.startsWith('cancelled')) await reader.cancel();
      else build.end();
      expect(closed()).toBe(true);
      expect(signalled).toMatchObject({ aborted: true });
    },
  );

  it('passes a failure on, with the session closed', async () => {
    const { session, closed } = fakeSession();
    const { body } = buildSnapshot(session, async function* () {
      yield bytes(1);
      throw new Error('lost');
    });
    await expect(new Response(body).arrayBuffer()).rejects.toThrow();
    expect(closed()).toBe(true);
  });
});
