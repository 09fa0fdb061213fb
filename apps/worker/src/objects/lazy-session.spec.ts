import { SyncError, type CopySession } from '@millrace/kernel';
import { manualClock, recordingLogger, type ManualClock } from '@millrace/testing';
import { LazySession } from './lazy-session.js';

interface FakeSession {
  readonly session: CopySession;
  readonly closed: boolean;
  lose(error: Error): Promise<void>;
}

function fakeSession(): FakeSession {
  let settle: (error: Error | null) => void = () => undefined;
  const ended = new Promise<Error | null>((resolve) => (settle = resolve));
  let closed = false;
  const session = {
    ended,
    close: async () => {
      closed = true;
      settle(null);
    },
  } as Partial<CopySession> as CopySession;
  return {
    session,
    get closed() {
      return closed;
    },
    lose: async (error) => {
      settle(error);
      await ended;
    },
  };
}

describe('LazySession', () => {
  let clock: ManualClock;
  let opened: FakeSession[];
  let failing: SyncError | null;
  let lazy: LazySession;
  let told: number;

  beforeEach(() => {
    clock = manualClock();
    opened = [];
    failing = null;
    told = 0;
    lazy = new LazySession({
      open: async () => {
        if (failing) throw failing;
        opened.push(fakeSession());
        return (opened.at(-1) as FakeSession).session;
      },
      clock,
      log: recordingLogger(),
      idleMs: 30_000,
      stuckMs: 120_000,
      longUse: { everyMs: 10_000, tell: () => void (told += 1) },
    });
  });

  const use = () => lazy.use(async (session) => session);

  it('is opened by its first use, once', async () => {
    expect(opened).toHaveLength(0);
    const [first, second] = await Promise.all([use(), use()]);
    expect(first).toBe(second);
    expect(opened).toHaveLength(1);
  });

  it('[Z1] is closed after a time without use, and opened again', async () => {
    await use();
    clock.advance(29_999);
    await use();
    clock.advance(29_999);
    expect(opened[0]?.closed).toBe(false);
    clock.advance(1);
    await Promise.resolve();
    expect(opened[0]?.closed).toBe(true);
    await use();
    expect(opened).toHaveLength(2);
  });

  it('is not closed while somebody uses it', async () => {
    let finish: () => void = () => undefined;
    const long = lazy.use(() => new Promise<void>((resolve) => (finish = resolve)));
    await use();
    clock.advance(60_000);
    expect(opened[0]?.closed).toBe(false);
    finish();
    await long;
    expect(clock.nextAt()).toBe(clock.now() + 30_000);
  });

  it('[Z1] tells of a use that lasts, again and again until its end, and of no other', async () => {
    await use();
    clock.advance(20_000);
    expect(told).toBe(0);
    const { promise, resolve } = Promise.withResolvers<void>();
    const long = lazy.use(() => promise);
    await use();
    clock.advance(35_000);
    expect(told).toBe(3);
    resolve();
    await long;
    clock.advance(100_000);
    expect(told).toBe(3);
  });

  it('is not given up while its users come to an end one after the other', async () => {
    let finish: () => void = () => undefined;
    const last = lazy.use(() => new Promise<void>((resolve) => (finish = resolve)));
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(119_000);
      await use();
    }
    finish();
    await expect(last).resolves.toBeUndefined();
    expect(opened).toHaveLength(1);
  });

  it('is opened again after it was lost', async () => {
    await use();
    await opened[0]?.lose(new Error('57P01'));
    await use();
    expect(opened).toHaveLength(2);
  });

  it('is tried again after it could not be opened', async () => {
    failing = new SyncError('database-unavailable', 'nobody answers');
    await expect(use()).rejects.toBe(failing);
    failing = null;
    await use();
    expect(opened).toHaveLength(1);
  });

  it('passes an error of the work on, and stays', async () => {
    const error = new Error('of the work');
    await expect(lazy.use(() => Promise.reject(error))).rejects.toBe(error);
    await use();
    expect(opened).toHaveLength(1);
  });

  it('is given up when it does not answer, so that nobody waits for ever behind it', async () => {
    const stuck = lazy.use(() => new Promise(() => undefined));
    const refused = expect(stuck).rejects.toMatchObject({ code: 'timeout' });
    await Promise.resolve();
    clock.advance(120_000);
    await refused;
    expect(opened[0]?.closed).toBe(true);
    await use();
    expect(opened).toHaveLength(2);
  });

  it('is not given up while what is under way stirs, however long it takes; at rest, stirring keeps nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const long = lazy.use(() => promise);
    for (let turn = 0; turn < 5; turn++) {
      clock.advance(119_000);
      lazy.stir();
    }
    resolve();
    await long;
    clock.advance(29_000);
    lazy.stir();
    clock.advance(1_000);
    await Promise.resolve();
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
  });

  it('can be closed when it never was open', () => expect(lazy.close()).resolves.toBeUndefined());
});
