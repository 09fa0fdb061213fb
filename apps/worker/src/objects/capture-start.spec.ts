import { LSN_ZERO, parseLsn, SyncError, type Lsn, type Position } from '@millrace/kernel';
import type { Capture, CaptureStatus } from '@millrace/replication';
import { manualClock } from '@millrace/testing';
import { CaptureStart } from './capture-start.js';

const HEAD: Position = { epoch: 'e', seq: 7n, chain: 'c' };

function world() {
  const clock = manualClock();
  const calls: string[] = [];
  const waiting: { readonly lsn: Lsn; readonly resolve: (head: Position) => void }[] = [];
  let head: Position | null = null;
  let slept = false;
  let state: CaptureStatus['capture']['state'] = 'starting';
  const capture: Pick<Capture, 'start' | 'stop' | 'settle' | 'head' | 'waitFor' | 'status'> = {
    start: (options) => void calls.push(options?.rested ? 'start rested' : 'start'),
    stop: async () => void calls.push('stop'),
    settle: async () => void calls.push('settle'),
    head: () => head,
    waitFor: (lsn, signal) =>
      new Promise((resolve, reject) => {
        waiting.push({ lsn, resolve });
        signal?.addEventListener('abort', () => reject(new SyncError('closed', 'given up')));
      }),
    status: () => ({ capture: { state, detail: 'wal_level is replica' } }) as CaptureStatus,
  };
  const start = new CaptureStart({
    capture,
    clock,
    waitMs: 15_000,
    before: async () => {
      calls.push('before');
      return slept;
    },
    ready: ({ seq }) => void calls.push(`ready ${seq}`),
  });
  return {
    clock,
    calls,
    waiting,
    start,
    begin: async () => {
      await settled();
      head = HEAD;
      waiting.splice(0).forEach(({ resolve }) => resolve(HEAD));
    },
    sleep: () => void (slept = true),
    become: (next: typeof state) => void (state = next),
  };
}

/** Lets promises that need nothing more than a turn come to rest. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe('CaptureStart', () => {
  it('starts once, however many ask, and restores before anybody learns the head', async () => {
    const { start, calls, begin } = world();
    expect(start.asked).toBe(false);
    const heads = [start.head(), start.head()].map((asked) => asked.finally(() => calls.push('told')));
    await begin();
    await expect(Promise.all(heads)).resolves.toEqual([HEAD, HEAD]);
    await start.head();
    expect(calls).toEqual(['before', 'start', 'ready 7', 'told', 'told']);
  });

  it.each([
    ['starting', 'database-unavailable'],
    ['backoff', 'database-unavailable'],
    ['misconfigured', 'database-misconfigured'],
  ] as const)('says why it has not begun in time (%s), and is tried again', async (state, code) => {
    const { start, calls, begin, become, clock } = world();
    become(state);
    const failed = expect(start.head()).rejects.toMatchObject({ code, message: expect.stringContaining('wal_level') });
    await settled();
    clock.advance(15_000);
    await failed;
    expect(start.asked).toBe(false);
    const again = start.head();
    await begin();
    await expect(again).resolves.toEqual(HEAD);
    expect(calls).toEqual(['before', 'start', 'before', 'start', 'ready 7']);
  });

  it('[Z1] settles once it has begun, ends, and begins again for the next one, rested', async () => {
    const { start, calls, begin, become, sleep } = world();
    const settles = start.settle();
    expect(start.sound).toBe(false);
    await begin();
    await settles;
    become('streaming');
    expect(start.sound).toBe(true);
    become('gate-waiting');
    expect(start.sound).toBe(false);
    await start.stop();
    expect([start.asked, start.sound]).toEqual([false, false]);
    sleep();
    const again = start.head();
    await begin();
    await again;
    expect(calls).toEqual(['before', 'start', 'ready 7', 'settle', 'stop', 'before', 'start rested', 'ready 7']);
  });

  it('[S2] waits for an address, and ends in a timeout that may be repeated', async () => {
    const { start, waiting, begin, clock } = world();
    const lsn = parseLsn('0/100');
    const waits = start.waitFor(lsn);
    await begin();
    await settled();
    expect(waiting.map((waiter) => waiter.lsn)).toEqual([lsn]);
    const late = expect(waits).rejects.toMatchObject({ code: 'timeout', retry: 'backoff' });
    clock.advance(15_000);
    await late;
    expect(waiting[0]?.lsn).not.toBe(LSN_ZERO);
  });
});
