import { QUOTAS, RateLimits, TooManyRequests } from './rate-limits.js';

const quotas = { ...QUOTAS, snapshots: { burst: 3, perSecond: 2 } };

function limits() {
  let now = 1_000;
  const of = new RateLimits(() => now, quotas);
  const taken = (sub: string, name: keyof typeof QUOTAS = 'snapshots') => {
    try {
      of.take(name, sub);
      return true;
    } catch (error) {
      if (error instanceof TooManyRequests) return error.retryAfterMs;
      throw error;
    }
  };
  return { taken, wait: (ms: number) => void (now += ms) };
}

describe('X20 rate limits', () => {
  it('let a burst through, then as many as come again', () => {
    const { taken, wait } = limits();
    expect([1, 2, 3].map(() => taken('ann'))).toEqual([true, true, true]);
    expect(taken('ann')).toBe(500);
    wait(250);
    expect(taken('ann')).toBe(250);
    wait(250);
    expect(taken('ann')).toBe(true);
    expect(taken('ann')).toBe(500);
    wait(60_000);
    expect([1, 2, 3, 4].map(() => taken('ann') === true)).toEqual([true, true, true, false]);
  });

  it('one that keeps asking is let through again all the same', () => {
    const { taken, wait } = limits();
    let through = 0;
    for (let ms = 0; ms < 10_000; ms += 10) {
      if (taken('ann') === true) through += 1;
      wait(10);
    }
    expect(through).toBeGreaterThanOrEqual(22);
    expect(through).toBeLessThanOrEqual(24);
  });

  it('are each principal’s own, and each kind’s', () => {
    const { taken } = limits();
    for (let n = 0; n < 4; n += 1) taken('ann');
    expect(taken('ann')).not.toBe(true);
    expect(taken('bob')).toBe(true);
    expect(taken('ann', 'chunks')).toBe(true);
  });

  it('I11 remember so many principals and no more', () => {
    const { taken } = limits();
    for (let n = 0; n < 4; n += 1) taken('ann');
    for (let n = 0; n < 10_000; n += 1) taken(`someone ${n}`);
    expect(taken('ann')).toBe(true);
  });

  it('a clock that is set back takes nothing away', () => {
    const { taken, wait } = limits();
    taken('ann');
    wait(-900);
    expect(taken('ann')).toBe(true);
  });
});
