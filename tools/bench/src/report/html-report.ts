import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Figure } from '../core/figure.js';
import type { Machine } from '../core/machine.js';
import type { Failure } from '../run-benches.js';
import { CHART_SCRIPT, chartData } from './charts.js';
import { escapeHtml, scriptJson } from './escape-html.js';
import { figureSection, summaryRow } from './html-figure.js';
import { STYLE } from './style.js';

export interface Report {
  readonly figures: readonly Figure[];
  readonly failures: readonly Failure[];
  readonly machine: Machine;
  readonly quick: boolean;
  readonly takenAt: Date;
}

/** One file that opens from disk, without a network: charts by uPlot, which is put into it. */
export function htmlReport({ figures, failures, machine, quick, takenAt }: Report): string {
  const facts = `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}, code ${machine.commit}, load ${machine.loadBefore} before`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace: figures</title>
<style>${library('uPlot.min.css')}
${STYLE}</style>
</head>
<body>
<main>
<h1>Figures of Millrace</h1>
<p>${escapeHtml(takenAt.toISOString())} · ${escapeHtml(facts)}</p>
${quick ? '<p class="missed">Taken with --quick: it shows that the benches run, and its figures mean nothing.</p>' : ''}
${failures.map(({ bench, message }) => `<p class="missed">${escapeHtml(`${bench} could not be finished: ${message}`)}</p>`).join('')}
<table>
<thead><tr><th>figure</th><th>what</th><th>value</th><th>raw limit</th><th>ratio</th><th>budget</th></tr></thead>
<tbody>${figures.map(summaryRow).join('')}</tbody>
</table>
${figures.map(figureSection).join('')}
</main>
<script id="series" type="application/json">${scriptJson(chartData(figures))}</script>
<script>${library('uPlot.iife.min.js')}</script>
<script>${CHART_SCRIPT}</script>
</body>
</html>
`;
}

function library(file: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${file}`), 'utf8');
}
