import type { RecordedCatalogue } from '@millrace/change-history';
import { silentLogger, SyncError, type Position } from '@millrace/kernel';
import { newSession, type SessionEvent, type SessionState } from '@millrace/sync-session';
import { at, transaction } from '@millrace/sync-session/testing';
import { app, CLIENT } from '../testing/fake-env.js';
import { SessionHost } from './session-host.js';

const catalogue: RecordedCatalogue = { compiled: app.schema, steps: [] };
const session: SessionState = {
  ...newSession({ clientId: CLIENT, sub: 'ann', claims: {}, scopes: ['s'], expiresAt: Date.now() + 900_000 }),
  phase: 'live',
  cursor: at(1),
};

// No call is answered here; their time-outs must not hold the process.
beforeAll(() => void jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'queueMicrotask'] }));
afterAll(() => void jest.useRealTimers());

/** What a host needs of a socket: its attachment, what was sent, and by which code it was closed. */
class FakeSocket {
  readonly readyState = 1;
  readonly sent: string[] = [];
  closed: number | null = null;
  #attachment: unknown = null;

  send(text: string): void {
    this.sent.push(text);
  }
  close(code: number): void {
    this.closed = code;
  }
  serializeAttachment(value: unknown): void {
    this.#attachment = value;
  }
  deserializeAttachment(): unknown {
    return this.#attachment;
  }
}

/** A host that knows the schemas only once `tell` has been called. */
function hostOf() {
  const told = Promise.withResolvers<RecordedCatalogue>();
  const schemas = {
    known: null as RecordedCatalogue | null,
    current: async () => (schemas.known = await told.promise),
    including: async () => undefined,
  };
  const background: Promise<unknown>[] = [];
  const unregistered: string[] = [];
  const pull = jest.fn(() => new Promise<SessionEvent>(() => undefined));
  const host = new SessionHost({
    schemas,
    log: silentLogger,
    calls: { register: () => new Promise(() => undefined), pull, checkpoint: () => new Promise(() => undefined) },
    socketId: () => 'socket',
    schedule: async () => undefined,
    unregister: async (clientId) => void unregistered.push(clientId),
    noted: async () => undefined,
    background: (work) => void background.push(work),
  });
  const fake = new FakeSocket();
  const socket = fake as unknown as WebSocket;
  host.begin(socket, session);
  return { host, socket, fake, told, unregistered, pull, early: () => background[0] };
}

const doorbell = { from: null, to: at(3), transactions: [] };

describe('before the schemas are known', () => {
  it('events wait, and keep their order', async () => {
    const { host, told, pull, early } = hostOf();
    const first: Promise<Position | null> = host.push(doorbell);
    void host.push({ ...doorbell, to: at(4) });
    await Promise.resolve();
    expect(pull).not.toHaveBeenCalled();
    told.resolve(catalogue);
    await early();
    expect(pull).toHaveBeenCalledTimes(1);
    expect(await Promise.race([first, Promise.resolve('waits')])).toBe('waits');
  });

  it('[Z1] a socket that closes is unregistered at once, and pushes for it are answered', async () => {
    const { host, socket, unregistered } = hostOf();
    const pushed = host.push(doorbell);
    await Promise.resolve();
    host.gone(socket);
    expect(unregistered).toEqual([CLIENT]);
    expect(await pushed).toBeNull();
    expect(host.size).toBe(0);
  });

  it('sockets are closed where they cannot be had, so that clients come again', async () => {
    const { host, fake, told, early } = hostOf();
    const pushed = host.push({ from: at(1), to: at(2), transactions: [transaction(2, [])] });
    await Promise.resolve();
    told.reject(new SyncError('database-unavailable', 'no database'));
    await early();
    expect(fake.closed).not.toBeNull();
    expect(await pushed).toBeNull();
  });
});
