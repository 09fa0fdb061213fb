import { covered, timelineText } from './timeline.js';

const span = (kind: string, startedAt: number, doneAt: number) => ({
  kind,
  detail: `${kind} ${startedAt}`,
  startedAt,
  doneAt,
});

describe('a timeline', () => {
  it('counts time once in which several are under way', () =>
    expect(covered([span('a', 0, 10), span('a', 5, 12), span('a', 6, 8), span('a', 20, 21)])).toBe(13));

  it('lists what happened in the stretch, in order, with sums by kind', () => {
    const spans = [span('sql', 130, 150), span('request', 95, 140), span('sql', 110, 120), span('sql', 10, 20)];
    expect(timelineText(spans, { startedAt: 100, doneAt: 160 }).split('\n')).toEqual([
      '60 ms in all',
      '     45.0 ms  request × 1',
      '     30.0 ms  sql × 2',
      '',
      '    begin        ms',
      '     -5.0      45.0  request   request 95',
      '     10.0      10.0  sql       sql 110',
      '     30.0      20.0  sql       sql 130',
      '',
    ]);
  });
});
