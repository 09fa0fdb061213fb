import fc from 'fast-check';
import { backoffDelay } from './backoff.js';
import type { Random } from './ports/random.js';

const drawing = (value: number) => ({ next: () => value }) as Random;

describe('backoff with full jitter (F36, F48)', () => {
  it('lies in [0, ceiling), and the ceiling doubles up to its maximum', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat(2_000),
        chance,
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        (attempt, drawn, baseMs, maxMs) => {
          const delay = backoffDelay(attempt, drawing(drawn), { baseMs, maxMs });
          expect(Number.isSafeInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThan(Math.max(1, Math.min(maxMs, baseMs * 2 ** attempt)));
        },
      ),
    );
  });

  it.each([
    [0, 125],
    [1, 250],
    [2, 500],
    [6, 8_000],
    [7, 15_000],
    [1_000, 15_000],
  ])('attempt %d waits %d ms on average', (attempt, expected) =>
    expect(backoffDelay(attempt, drawing(0.5))).toBe(expected),
  );
});
