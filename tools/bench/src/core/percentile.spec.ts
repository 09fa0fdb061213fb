import { median, percentile, spreadOf } from './percentile.js';

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

it('is the nearest rank, whatever the order', () => {
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile(hundred, 0)).toBe(1);
});

it('of one sample is that sample', () => {
  expect(spreadOf([7])).toEqual({ count: 1, min: 7, p50: 7, p90: 7, p99: 7, max: 7 });
});

it('leaves the samples in their order', () => {
  const samples = [3, 1, 2];
  expect(median(samples)).toBe(2);
  expect(samples).toEqual([3, 1, 2]);
});

it('of nothing is an error, not NaN', () => {
  expect(() => percentile([], 0.5)).toThrow(RangeError);
});
