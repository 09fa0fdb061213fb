import type { Figure } from '../core/figure.js';

/** What one chart draws: for each series, which share of its samples took at most so long. */
export interface ChartData {
  readonly id: string;
  readonly unit: string;
  /** uPlot's columns: all values in order, then a column of shares for each series. */
  readonly columns: readonly (readonly (number | null)[])[];
  readonly names: readonly string[];
}

export function chartData(figures: readonly Figure[]): readonly ChartData[] {
  return figures
    .filter(({ series }) => series.length > 0)
    .map(({ id, unit, series }) => {
      const values = [...new Set(series.flatMap((each) => each.values))].sort((a, b) => a - b);
      const columns = series.map((each) => sharesAt(values, each.values));
      return { id, unit, columns: [values, ...columns], names: series.map(({ name }) => name) };
    });
}

/** In percent; null between two of a series' own samples, where the chart draws on from the last one. */
function sharesAt(values: readonly number[], samples: readonly number[]): readonly (number | null)[] {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = new Map(sorted.map((sample, index) => [sample, ((index + 1) / sorted.length) * 100]));
  return values.map((value) => rank.get(value) ?? null);
}

/** Runs in the report: plain JavaScript of the browser, since nothing builds it. */
export const CHART_SCRIPT = /* js */ `
const COLOURS = ['#2563eb', '#94a3b8', '#d97706', '#059669'];
for (const chart of JSON.parse(document.getElementById('series').textContent)) {
  const place = document.querySelector('[data-figure="' + chart.id + '"]');
  new uPlot({
    width: place.clientWidth,
    height: 220,
    scales: { x: { time: false, distr: 3 }, y: { range: [0, 100] } },
    series: [
      { label: chart.unit, value: (_plot, value) => value === null ? '' : value.toPrecision(3) },
      ...chart.names.map((name, index) => ({
        label: name,
        stroke: COLOURS[index % COLOURS.length],
        width: 2,
        spanGaps: true,
        paths: uPlot.paths.stepped({ align: 1 }),
        points: { show: false },
        value: (_plot, value) => value === null ? '' : value.toFixed(0) + ' %',
      })),
    ],
    axes: [{ label: chart.unit + ' (logarithmic)' }, { label: '% of samples took at most so much' }],
  }, chart.columns, place);
}`;
