import { atMost, figure } from '../core/figure.js';
import type { Machine } from '../core/machine.js';
import { spreadOf } from '../core/percentile.js';
import { chartData } from './charts.js';
import { htmlReport } from './html-report.js';
import { jsonLine } from './json-report.js';
import { short } from './numbers.js';
import { textOf } from './text-report.js';

const machine: Machine = {
  cpu: 'a <fast> one',
  cores: 2,
  memoryGb: 8,
  system: 'Linux',
  node: 'v24',
  commit: 'abc',
  loadBefore: 0.1,
  freeGb: 4,
};
const samples = [4, 2, 8];
const measured = figure({
  id: 'p2-node',
  title: 'commit → visible </script>',
  unit: 'ms',
  value: 4,
  limit: { value: 2, of: 'the raw stream' },
  process: 'Node',
  clock: { starts: 'COMMIT is sent', stops: 'it is visible' },
  spread: spreadOf(samples),
  series: [
    { name: 'visible', values: samples },
    { name: 'raw', values: [2, 3] },
  ],
  budgets: [atMost('p50 ≤ 3 ms', 4, 3)],
  use: [{ name: 'workerd', cpuSeconds: 1.234, peakRssBytes: 5e7 }],
  bytes: { wire: 1234 },
  notes: ['a note'],
});

it('JSON begins with what every reader needs, on one line', () => {
  const line = jsonLine(measured, machine);
  expect(line).not.toContain('\n');
  const parsed = JSON.parse(line) as Record<string, unknown>;
  expect(Object.keys(parsed).slice(0, 5)).toEqual(['id', 'value', 'unit', 'limit', 'ratio']);
  expect(parsed).toMatchObject({ id: 'p2-node', value: 4, unit: 'ms', limit: 2, ratio: 2 });
});

it('a figure without a limit has neither limit nor ratio', () => {
  expect(JSON.parse(jsonLine({ ...measured, limit: null }, machine))).toMatchObject({ limit: null, ratio: null });
});

it('text tells the verdict, the limit, the clock and the means', () => {
  const text = textOf(measured);
  for (const words of [
    'MISSED  p2-node  4 ms',
    'ratio 2',
    'from COMMIT is sent to it is visible',
    '1.2 CPU s',
    'wire: 1,234',
  ])
    expect(text).toContain(words);
});

it('HTML needs no network, and no text of a figure is taken for markup', () => {
  const html = htmlReport({ figures: [measured], failures: [], machine, quick: true, takenAt: new Date(0) });
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  expect(html).toContain('a &lt;fast&gt; one');
  expect(html.match(/<\/script>/g)).toHaveLength(3);
  expect(html).toContain('--quick');
});

it('a chart shows which share of the samples took at most so long', () => {
  expect(chartData([measured])).toEqual([
    {
      id: 'p2-node',
      unit: 'ms',
      names: ['visible', 'raw'],
      columns: [
        [2, 3, 4, 8],
        [(1 / 3) * 100, null, (2 / 3) * 100, 100],
        [50, 100, null, null],
      ],
    },
  ]);
});

it('numbers keep what they are worth', () => {
  expect([0.01234, 1.234, 12.34, 123.4, 12_345].map(short)).toEqual(['0.012', '1.2', '12.3', '123', '12,345']);
});
