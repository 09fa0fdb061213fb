import { SyncError, type Clock } from '@millrace/kernel';
import type { AdminStatus } from '@millrace/sync-protocol';
import { statusAt } from '../testing/status-at.js';
import { createStatusFeed, type FeedState } from './status-feed.js';

/** A feed whose requests and waits end when the test says so. */
function world() {
  let now = 0;
  const requests: { readonly signal: AbortSignal; readonly answer: (result: AdminStatus | Error) => void }[] = [];
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = [];
  const states: FeedState[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
        sleeps.push({ ms, wake: resolve });
      }),
    after: () => () => undefined,
  };
  const feed = createStatusFeed({
    clock,
    everyMs: 1_000,
    onState: (state) => states.push(state),
    fetchStatus: (signal) =>
      new Promise((resolve, reject) =>
        requests.push({ signal, answer: (result) => (result instanceof Error ? reject(result) : resolve(result)) }),
      ),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const answer = async (result: AdminStatus | Error, tookMs = 0) => {
    now += tookMs;
    requests.at(-1)?.answer(result);
    await settle();
  };
  const wake = async () => {
    now += sleeps.at(-1)?.ms ?? 0;
    sleeps.at(-1)?.wake();
    await settle();
  };
  return { feed, requests, sleeps, states, answer, wake, settle };
}

describe('status feed', () => {
  it('asks at once, then each second, one request at a time', async () => {
    const { feed, requests, sleeps, answer, wake } = world();
    feed.start();
    feed.start();
    expect(requests).toHaveLength(1);
    await answer(statusAt(0), 300);
    expect(sleeps.map(({ ms }) => ms)).toEqual([700]);
    await wake();
    expect(requests).toHaveLength(2);
  });

  it('keeps the last answer while newer ones fail, and says since when', async () => {
    const { feed, states, answer, wake } = world();
    feed.start();
    await answer(statusAt(0));
    await wake();
    await answer(new SyncError('network', 'gone'), 10);
    await wake();
    await answer(new SyncError('network', 'gone'), 10);
    expect(states.at(-1)).toMatchObject({
      status: { time: statusAt(0).time },
      failure: { code: 'network', since: 1_010 },
    });
    await wake();
    await answer(statusAt(3_000));
    expect(states.at(-1)).toMatchObject({ failure: null, samples: [{ at: 0 }, { at: 3_000 }] });
  });

  it.each(['unauthenticated', 'not-found'] as const)('does not repeat what ends in %s', async (code) => {
    const { feed, requests, sleeps, answer, states } = world();
    feed.start();
    await answer(new SyncError(code, 'no'));
    expect(states.at(-1)?.failure?.code).toBe(code);
    expect(requests).toHaveLength(1);
    expect(sleeps).toHaveLength(0);
  });

  it('stops: the open request is given up and says nothing more', async () => {
    const { feed, requests, states, answer, settle } = world();
    feed.start();
    feed.stop();
    expect(requests[0]?.signal.aborted).toBe(true);
    await answer(statusAt(0));
    expect(states).toEqual([]);
    feed.start();
    await settle();
    expect(requests).toHaveLength(2);
  });
});
