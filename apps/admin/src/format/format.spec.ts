import { formatBytes } from './bytes.js';
import { formatCount, formatRate } from './count.js';
import { formatLag, formatSince, formatSpan } from './duration.js';

describe('figures for people', () => {
  it.each([
    ['0', '0 B'],
    ['1023', '1023 B'],
    ['1536', '1.5 kB'],
    ['16777216', '16.0 MB'],
    ['171798691840', '160 GB'],
    ['9223372036854775807', '8192 PB'],
    ['unknown', 'unknown'],
  ])('%s bytes are %s', (bytes, shown) => expect(formatBytes(bytes)).toBe(shown));

  it.each([
    [0, '0 s'],
    [999, '0 s'],
    [59_000, '59 s'],
    [60_000, '1 min'],
    [61_500, '1 min 1 s'],
    [3_600_000 * 5 + 60_000 * 7, '5 h 7 min'],
    [86_400_000 * 40, '40 d'],
  ])('%s ms are %s', (ms, shown) => expect(formatSpan(ms)).toBe(shown));

  it('counts time by the server’s own clock, and never below zero', () => {
    expect(formatSince('2026-01-01T00:00:00.000Z', '2026-01-01T00:02:00.000Z')).toBe('2 min');
    expect(formatSince('2026-01-01T00:00:05.000Z', '2026-01-01T00:00:00.000Z')).toBe('0 s');
    expect(formatSince('-infinity', '2026-01-01T00:00:00.000Z')).toBe('-infinity');
  });

  it.each([
    [3.4, '3 ms'],
    [9_999, '9,999 ms'],
    [61_000, '1 min 1 s'],
  ])('a lag of %s ms is %s', (ms, shown) => expect(formatLag(ms)).toBe(shown));

  it('keeps 64-bit counts exact', () => expect(formatCount('9007199254740993')).toBe('9,007,199,254,740,993'));

  it.each([
    [null, '–'],
    [0, '0'],
    [0.25, '0.3'],
    [1234.5, '1,235'],
  ])('a rate of %s is %s', (rate, shown) => expect(formatRate(rate)).toBe(shown));
});
