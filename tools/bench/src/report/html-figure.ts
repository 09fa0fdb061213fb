import { ratioOf, type Figure } from '../core/figure.js';
import { escapeHtml } from './escape-html.js';
import { megabytes, short, spreadText, withUnit } from './numbers.js';
import { verdict } from './text-report.js';

/** One figure: what it is, how it stands to its limit, and what is behind it. */
export function figureSection(figure: Figure): string {
  const facts = [
    ['clock', `from ${figure.clock.starts} to ${figure.clock.stops}`],
    ['process', figure.process],
    ['spread', spreadText(figure)],
    ...figure.use.map(({ name, cpuSeconds, peakRssBytes }) => [
      name,
      `${short(cpuSeconds)} CPU s${peakRssBytes > 0 ? `, peak ${megabytes(peakRssBytes)}` : ''}`,
    ]),
    ...Object.entries(figure.bytes).map(([name, bytes]) => [name, `${bytes.toLocaleString('en')} bytes`]),
    ...figure.notes.map((note) => ['note', note]),
  ].filter((fact): fact is [string, string] => typeof fact[1] === 'string');
  return `<section id="${escapeHtml(figure.id)}">
    <h2>${escapeHtml(figure.title)} <small>${escapeHtml(figure.id)}</small></h2>
    <p class="value">${escapeHtml(withUnit(figure.value, figure.unit))} ${badges(figure)}</p>
    ${bars(figure)}
    ${figure.series.length > 0 ? `<div class="chart" data-figure="${escapeHtml(figure.id)}"></div>` : ''}
    <details><summary>How it was measured</summary><dl>${facts
      .map(([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd>`)
      .join('')}</dl></details>
  </section>`;
}

export function summaryRow(figure: Figure): string {
  const ratio = ratioOf(figure);
  const cells = [
    `<a href="#${escapeHtml(figure.id)}">${escapeHtml(figure.id)}</a>`,
    escapeHtml(figure.title),
    escapeHtml(withUnit(figure.value, figure.unit)),
    figure.limit ? escapeHtml(withUnit(figure.limit.value, figure.unit)) : '',
    ratio === null ? '' : short(ratio),
    badges(figure),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function badges({ budgets }: Figure): string {
  return budgets
    .map(({ text, kept }) => `<span class="${kept ? 'kept' : 'missed'}">${escapeHtml(text)} ${kept ? '✓' : '✗'}</span>`)
    .join(' ');
}

/** Value and limit to one scale. */
function bars(figure: Figure): string {
  const { value, limit, unit } = figure;
  if (value === null || limit === null) return '';
  const most = Math.max(value, limit.value);
  const missed = verdict(figure) === 'MISSED';
  const bar = (size: number, name: string, className: string): string =>
    `<div class="bar"><span class="${className}" style="width:${((size / most) * 100).toFixed(2)}%"></span><label>${escapeHtml(`${withUnit(size, unit)}  ${name}`)}</label></div>`;
  return bar(value, 'measured', missed ? 'over' : 'ours') + bar(limit.value, limit.of, 'limit');
}
