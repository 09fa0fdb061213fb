import { ratioOf, type Figure } from '../core/figure.js';
import { megabytes, short, spreadText, withUnit } from './numbers.js';

/** The figure for a terminal: the verdict first, then what it means. */
export function textOf(figure: Figure): string {
  const ratio = ratioOf(figure);
  const lines = [
    `${verdict(figure)}  ${figure.id}  ${withUnit(figure.value, figure.unit)}  ${figure.title}`,
    figure.limit &&
      `limit    ${withUnit(figure.limit.value, figure.unit)}  ${figure.limit.of}${ratio === null ? '' : `; ratio ${short(ratio)}`}`,
    ...figure.budgets.map(({ text, kept }) => `budget   ${text}: ${kept ? 'kept' : 'MISSED'}`),
    spreadText(figure),
    `clock    in ${figure.process}: from ${figure.clock.starts} to ${figure.clock.stops}`,
    figure.use.length > 0 && `used     ${figure.use.map(useText).join('; ')}`,
    ...Object.entries(figure.bytes).map(([name, bytes]) => `bytes    ${name}: ${bytes.toLocaleString('en')}`),
    ...figure.notes.map((note) => `note     ${note}`),
  ];
  return lines.filter((line) => typeof line === 'string').join('\n         ');
}

export function verdict({ budgets }: Pick<Figure, 'budgets'>): 'kept  ' | 'MISSED' | '      ' {
  if (budgets.length === 0) return '      ';
  return budgets.every(({ kept }) => kept) ? 'kept  ' : 'MISSED';
}

function useText({ name, cpuSeconds, peakRssBytes }: Figure['use'][number]): string {
  return `${name} ${short(cpuSeconds)} CPU s${peakRssBytes > 0 ? `, peak ${megabytes(peakRssBytes)}` : ''}`;
}
