import { addSample, type Sample } from '../feed/sample.js';
import { statusAt } from '../testing/status-at.js';
import { lagSeries, peakOf, rateSeries } from './series.js';

const samples = [
  statusAt(1_000, { transactions: 1, changes: 10 }, 4),
  statusAt(2_000, { transactions: 2, changes: 30 }, 6),
  statusAt(3_000, { transactions: 0, changes: 0 }, null),
].reduce<readonly Sample[]>(addSample, []);

describe('chart series', () => {
  it('are rates between neighbours, with a gap at the start and at a restart', () =>
    expect(rateSeries(samples, 'changes')).toEqual([
      [1, 2, 3],
      [null, 20, null],
    ]));

  it('are lags where something was persisted', () => expect(lagSeries(samples)[1]).toEqual([null, 6, null]));

  it('have a peak, even when empty', () => {
    expect(peakOf(rateSeries(samples, 'changes'))).toBe(20);
    expect(peakOf(lagSeries([]))).toBe(0);
  });
});
