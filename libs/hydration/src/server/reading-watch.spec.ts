import { manualClock, recordingLogger } from '@millrace/testing';
import { watchReading, type WatchedReading } from './reading-watch.js';

const BOUNDS = { idleMs: 60_000, mostMs: 600_000 };

/** A reading that ends when its test says so, or when its session is closed. */
function reading(more: Partial<WatchedReading> = {}) {
  const clock = manualClock();
  const ended = Promise.withResolvers<string>();
  let told = 0;
  const watch = { progress: () => undefined as void };
  const done = watchReading(
    {
      session: { close: async () => ended.reject(new Error('connection closed')) },
      clock,
      logger: recordingLogger(),
      bounds: BOUNDS,
      what: 'table t',
      inTheWay: async () => false,
      onProgress: () => void told++,
      ...more,
    },
    (progress) => {
      watch.progress = progress;
      return ended.promise;
    },
  );
  done.catch(() => undefined);
  /** Time goes by, with whatever is asked meanwhile answered. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      clock.advance(Math.min(left, 500));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { clock, pass, done, finish: () => ended.resolve('rows'), progress: () => watch.progress(), told: () => told };
}

describe('[S1] a reading', () => {
  it('goes on for as long as it gets on, far beyond what it may stand still', async () => {
    const { clock, pass, done, finish, progress, told } = reading();
    for (let minute = 0; minute < 9; minute += 1) {
      await pass(59_000);
      progress();
      progress();
    }
    finish();
    await expect(done).resolves.toBe('rows');
    expect(told()).toBe(9);
    await pass(2_000);
    expect(clock.nextAt()).toBeNull();
  });

  it('ends when it stands still', async () => {
    const { pass, done, progress } = reading();
    await pass(50_000);
    progress();
    await pass(59_000);
    progress();
    await pass(61_000);
    await expect(done).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('stood still') as string,
    });
  });

  it('ends when it takes too long in all', async () => {
    const { pass, done, progress } = reading();
    for (let minute = 0; minute < 10; minute += 1) {
      progress();
      await pass(59_900);
    }
    progress();
    await pass(10_000);
    await expect(done).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('within 600000 ms') as string,
    });
  });

  it('makes way within a second or two for who wants to change the table', async () => {
    let wanted = false;
    const { pass, done, progress } = reading({ inTheWay: async () => wanted });
    await pass(30_000);
    progress();
    wanted = true;
    await pass(1_500);
    await expect(done).rejects.toMatchObject({ code: 'snapshot-failed', retry: 'backoff' });
  });

  it('does not go on unseen: where nobody can say who waits for it, it ends', async () => {
    let known = false;
    const inTheWay = async () => {
      if (!known) throw new Error('no connection');
      return false;
    };
    const { pass, done, progress } = reading({ inTheWay });
    const minute = async () => {
      for (let part = 0; part < 5; part += 1) {
        progress();
        await pass(11_900);
      }
    };
    await minute();
    known = true;
    await pass(2_000);
    known = false;
    await minute();
    progress();
    await pass(3_000);
    await expect(done).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('nobody') as string });
  });

  it('fails as its work does', async () => {
    const clock = manualClock();
    const watched = { session: { close: async () => undefined }, clock, logger: recordingLogger(), bounds: BOUNDS };
    const failing = watchReading(
      { ...watched, what: 'table t', inTheWay: async () => false, onProgress: () => undefined },
      () => Promise.reject(new Error('of its own')),
    );
    await expect(failing).rejects.toThrow('of its own');
  });
});
