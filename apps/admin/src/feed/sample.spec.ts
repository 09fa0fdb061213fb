import { statusAt } from '../testing/status-at.js';
import { addSample, currentRate, rateBetween, WINDOW_MS, type Sample } from './sample.js';

const after = (samples: readonly Sample[], ...statuses: Parameters<typeof statusAt>[]) =>
  statuses.reduce<readonly Sample[]>((all, status) => addSample(all, statusAt(...status)), samples);

describe('samples of the status', () => {
  it('keep five minutes', () => {
    const samples = after([], [0, {}], [1_000, {}], [WINDOW_MS + 500, {}]);
    expect(samples.map(({ at }) => at)).toEqual([1_000, WINDOW_MS + 500]);
  });

  it('hold a lag only where something was persisted', () => {
    const samples = after(
      [],
      [0, { transactions: 5 }, 9],
      [1_000, { transactions: 6 }, 12],
      [2_000, { transactions: 6 }, 12],
    );
    expect(samples.map(({ lagMs }) => lagMs)).toEqual([null, 12, null]);
  });

  it('count the same answer once, and begin anew when the clock goes back', () => {
    const samples = after([], [1_000, {}], [1_000, {}]);
    expect(samples).toHaveLength(1);
    expect(after(samples, [500, {}]).map(({ at }) => at)).toEqual([500]);
  });

  it('give rates by the time that really passed', () => {
    const [a, b] = after([], [0, { changes: 100 }], [500, { changes: 150 }]);
    expect(rateBetween('changes', a, b)).toBe(100);
  });

  it('give no rate over a restart, nor from one sample', () => {
    const [a, b] = after([], [0, { changes: 100 }], [1_000, { changes: 3 }]);
    expect(rateBetween('changes', a, b)).toBeNull();
    expect(currentRate('changes', after([], [0, {}]))).toBeNull();
    expect(currentRate('changes', [])).toBeNull();
  });

  it('smooth the rate shown over five seconds', () => {
    const samples = after(
      [],
      [0, { changes: 0 }],
      [10_000, { changes: 900 }],
      [12_500, { changes: 950 }],
      [15_000, { changes: 1_000 }],
    );
    expect(currentRate('changes', samples)).toBe(20);
  });
});
