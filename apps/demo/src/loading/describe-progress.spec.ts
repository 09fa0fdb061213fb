import type { HydrationProgress } from '@millrace/pglite-client/react';
import { describeProgress } from './describe-progress.js';

const progress = (more: Partial<HydrationProgress>): HydrationProgress => ({
  phase: 'downloading',
  tables: 1,
  ofTables: 4,
  rows: 40_000,
  of: 100_000,
  bytes: 6_040_000,
  ofBytes: 7_550_000,
  rowsPerSecond: 35_000,
  secondsLeft: 2,
  ...more,
});

describe('describeProgress', () => {
  it('tells bytes, rows, speed and what is left', () => {
    const { figures, done } = describeProgress(progress({}));
    expect(figures).toEqual(['6.0 of 7.6 MB', '40,000 of 100,000 rows', '35,000 rows/s', '2 s left']);
    expect(done).toBeCloseTo(0.6);
  });

  it('says nothing that it does not know', () => {
    const nothing = { rows: 0, of: 0, bytes: 0, ofBytes: 0, rowsPerSecond: null, secondsLeft: null };
    expect(describeProgress(progress({ phase: 'building', ...nothing }))).toEqual({
      title: 'The server reads your rows …',
      figures: [],
      done: null,
    });
  });

  it('an estimate is called one, and a long wait has minutes', () => {
    const building = progress({ phase: 'building', ofBytes: 0, rowsPerSecond: null, secondsLeft: 75 });
    expect(describeProgress(building).figures).toEqual(['40,000 of about 100,000 rows', '1 min 15 s left']);
    expect(describeProgress(building).done).toBe(0.4);
  });

  it('catching up has no end that is known', () =>
    expect(describeProgress(progress({ phase: 'catching-up' }))).toMatchObject({
      figures: ['40,000 rows loaded'],
      done: null,
    }));
});
