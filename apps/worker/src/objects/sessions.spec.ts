import { newSession, type SessionPhase, type SessionState } from '@millrace/sync-session';
import { Sessions, type AttachedSocket } from './sessions.js';

class FakeSocket implements AttachedSocket {
  attachment: unknown = null;
  serializeAttachment(value: unknown): void {
    this.attachment = structuredClone(value);
  }
  deserializeAttachment(): unknown {
    return this.attachment;
  }
}

const session = (phase: SessionPhase): SessionState => ({
  ...newSession({ clientId: 'c', sub: 'ann', claims: { tenantId: 't1' }, scopes: ['s'], expiresAt: 1_000 }),
  phase,
  cursor: { epoch: 'e', seq: 7n, chain: 'c' },
});

describe('Sessions', () => {
  it('outlive the sleep of the object in their sockets alone [D5]', () => {
    const socket = new FakeSocket();
    new Sessions<FakeSocket>().keep(socket, session('live'));
    const awake = new Sessions<FakeSocket>();
    expect(awake.restore(socket)).toBe(true);
    expect(awake.stateOf(socket)).toEqual(session('live'));
    expect(awake.receiver()).toBe(socket);
  });

  it('that are over do not come back to life, whoever of the two was first', () => {
    const sessions = new Sessions<FakeSocket>();
    const [older, newer] = [new FakeSocket(), new FakeSocket()];
    sessions.keep(older, session('live'));
    sessions.keep(newer, session('live'));
    sessions.keep(older, session('closed'));
    expect(sessions.receiver()).toBe(newer);
    const awake = new Sessions<FakeSocket>();
    expect([older, newer].map((socket) => awake.restore(socket))).toEqual([false, true]);
    expect(awake.receiver()).toBe(newer);
  });

  it.each([null, undefined, { format: 99 }, 'text'])('are not restored from %p', (attachment) => {
    const socket = new FakeSocket();
    socket.attachment = attachment;
    const sessions = new Sessions<FakeSocket>();
    expect(sessions.restore(socket)).toBe(false);
    expect(sessions.size).toBe(0);
  });

  it.each([
    ['new', false],
    ['registering', true],
    ['live', true],
    ['closed', false],
  ] as const)('in phase %s: takes pushes: %p', (phase, takes) => {
    const sessions = new Sessions<FakeSocket>();
    sessions.keep(new FakeSocket(), session(phase));
    expect(sessions.receiver() !== null).toBe(takes);
  });

  it('know the others of a socket, and forget those that are gone', () => {
    const sessions = new Sessions<FakeSocket>();
    const [first, second] = [new FakeSocket(), new FakeSocket()];
    sessions.keep(first, session('live'));
    sessions.keep(second, session('new'));
    expect(sessions.others(second)).toEqual([first]);
    sessions.remove(first);
    expect([sessions.others(second), sessions.stateOf(first), sessions.clientOf(first), sessions.size]).toEqual([
      [],
      null,
      '',
      1,
    ]);
  });
});
