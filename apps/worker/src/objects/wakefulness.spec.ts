import { LSN_ZERO, silentLogger, type Position } from '@millrace/kernel';
import type { Sleep } from '@millrace/replication';
import { manualClock } from '@millrace/testing';
import { Wakefulness, type WakefulnessOptions } from './wakefulness.js';

const HEAD: Position = { epoch: 'e', seq: 7n, chain: 'c' };
const bounds = { idleAfterMs: 60_000, maxSleepMs: 3_600_000 };
const WATCH_MS = 5_000;

/** A capture whose every step ends when the test says so; the alarm is the clock's. */
function world(given: { readonly stored?: Sleep; readonly clients?: number } = {}) {
  const clock = manualClock(0);
  const done: string[] = [];
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  let running = false;
  const step = async (name: string, effect: () => void): Promise<void> => {
    done.push(name);
    const pending = Promise.withResolvers<void>();
    waiting.set(name, pending);
    await pending.promise;
    effect();
  };
  let starting: Promise<void> | null = null;
  const head = async () => {
    starting ??= step('start', () => void (running = true)).catch((error: unknown) => {
      starting = null;
      throw error;
    });
    await starting;
    return HEAD;
  };
  const start: WakefulnessOptions['start'] = {
    head,
    waitFor: head,
    settle: async () => {
      await head();
      await step('settle', () => undefined);
    },
    stop: async () => {
      starting = null;
      await step('stop', () => void (running = false));
    },
    get sound() {
      return running;
    },
  };
  const wakefulness = new Wakefulness({
    start,
    clock,
    log: silentLogger,
    bounds,
    watchMs: WATCH_MS,
    stored: given.stored ?? null,
    clients: given.clients ?? 0,
    remember: (sleep) => step(`remember ${sleep.nextLookAt}`, () => undefined),
  });
  const settled = async () => {
    for (let turn = 0; turn < 30; turn++) await Promise.resolve();
  };
  const ends = async (name: string, error?: Error) => {
    const pending = waiting.get(name);
    if (!pending) throw new Error(`nobody does ${name}: ${done.join(', ')}`);
    waiting.delete(name);
    if (error) pending.reject(error);
    else pending.resolve();
    await settled();
  };
  return {
    wakefulness,
    done,
    ends,
    settled,
    running: () => running,
    /** Lets time pass, and the alarm ring once. */
    ring: async (ms: number) => {
      clock.advance(ms);
      wakefulness.tick();
      await settled();
    },
  };
}

/** Begun, and asleep. */
async function sleeping() {
  const all = world();
  const began = all.wakefulness.head();
  await all.ends('start');
  await began;
  await all.ring(bounds.idleAfterMs);
  await all.ends('settle');
  await all.ends(`remember ${bounds.idleAfterMs + bounds.maxSleepMs}`);
  await all.ends('stop');
  return all;
}

describe('[Z1] wakefulness', () => {
  it('persists and confirms, stores when it wakes, and only then closes', async () => {
    const { wakefulness, done, running } = await sleeping();
    expect(done).toEqual(['start', 'settle', 'remember 3660000', 'stop']);
    expect(running()).toBe(false);
    expect(wakefulness.sleep).toEqual({ since: 60_000, nextLookAt: 3_660_000 });
    expect(wakefulness.nextAlarmAt).toBe(3_660_000);
  });

  it('the first answer after waking waits for the connection, however many ask', async () => {
    const { wakefulness, done, ends } = await sleeping();
    done.length = 0;
    const asked = [wakefulness.head(), wakefulness.waitFor(LSN_ZERO), wakefulness.head()];
    await ends('start');
    await expect(Promise.all(asked)).resolves.toEqual([HEAD, HEAD, HEAD]);
    expect(done).toEqual(['start']);
    expect(wakefulness.sleep).toBeNull();
  });

  it('who comes while it settles keeps it awake', async () => {
    const { wakefulness, done, ends, ring, running } = world();
    const began = wakefulness.head();
    await ends('start');
    await began;
    await ring(bounds.idleAfterMs);
    await expect(wakefulness.head()).resolves.toEqual(HEAD);
    await ends('settle');
    expect(done).toEqual(['start', 'settle']);
    expect(running()).toBe(true);
  });

  it.each(['remember 3660000', 'stop'])(
    'who comes while it closes (%s) is answered by the next capture, not by the dying one',
    async (at) => {
      const { wakefulness, done, ends, ring, settled } = world();
      const began = wakefulness.head();
      await ends('start');
      await began;
      await ring(bounds.idleAfterMs);
      await ends('settle');
      if (at === 'stop') await ends('remember 3660000');
      let answered = false;
      const asked = wakefulness.head().finally(() => (answered = true));
      await settled();
      if (at !== 'stop') await ends('remember 3660000');
      await ends('stop');
      expect(answered).toBe(false);
      await ends('start');
      await expect(asked).resolves.toEqual(HEAD);
      expect(done).toEqual(['start', 'settle', 'remember 3660000', 'stop', 'start']);
      expect(wakefulness.sleep).toBeNull();
    },
  );

  it('does not close what it could not store, and tries again', async () => {
    const { wakefulness, done, ends, ring } = world();
    const began = wakefulness.head();
    await ends('start');
    await began;
    await ring(bounds.idleAfterMs);
    await ends('settle');
    await ends('remember 3660000', new Error('disk full'));
    expect([done.at(-1), wakefulness.sleep]).toEqual(['remember 3660000', null]);
    await ring(bounds.idleAfterMs);
    expect(done.at(-1)).toBe('settle');
  });

  it('a registered client keeps it awake, also over a restart; the last one that leaves begins the wait', async () => {
    const stored = { since: 0, nextLookAt: 3_600_000 };
    const { wakefulness, done, ends, ring } = world({ stored, clients: 1 });
    expect(wakefulness.sleep).toBeNull();
    await ring(5_000);
    await ends('start');
    await ring(bounds.idleAfterMs);
    wakefulness.clients(0);
    await ring(bounds.idleAfterMs - 1);
    expect(done).toEqual(['start']);
    await ring(1);
    expect(done).toEqual(['start', 'settle']);
  });

  it('[I11] looks by itself after maxSleep, lets the slot follow, and sleeps again; a restart does not wake it', async () => {
    const { wakefulness, done, ends, ring } = world({ stored: { since: -60_000, nextLookAt: 3_000 } });
    await ring(2_999);
    expect(done).toEqual([]);
    await ring(1);
    await ends('start');
    await ends('settle');
    await ends('remember 3603000');
    await ends('stop');
    expect(done).toEqual(['start', 'settle', 'remember 3603000', 'stop']);
    expect(wakefulness.sleep).toEqual({ since: 3_000, nextLookAt: 3_603_000 });
  });

  it('a database that is away when it looks keeps it awake until it is back', async () => {
    const { wakefulness, done, ends, ring } = world({ stored: { since: -60_000, nextLookAt: 3_000 } });
    await ring(3_000);
    await ends('start', new Error('unreachable'));
    expect([wakefulness.awake, wakefulness.nextAlarmAt]).toEqual([true, 8_000]);
    await ring(5_000);
    await ends('start');
    await ring(bounds.idleAfterMs);
    expect(done).toEqual(['start', 'start', 'settle']);
  });
});
