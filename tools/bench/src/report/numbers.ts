import type { Figure, Unit } from '../core/figure.js';

/** Three significant digits are more than any of these figures is worth. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(size >= 10 ? 3 : 2)));
}

export function withUnit(value: number | null, unit: Unit): string {
  return value === null ? 'not measured' : `${short(value)} ${unit}`;
}

export function megabytes(bytes: number): string {
  return `${short(bytes / 1e6)} MB`;
}

export function spreadText({ spread, unit }: Pick<Figure, 'spread' | 'unit'>): string | null {
  if (spread === null) return null;
  const { p50, p90, p99, max, count } = spread;
  return `p50 ${short(p50)}, p90 ${short(p90)}, p99 ${short(p99)}, max ${short(max)} ${unit} over ${count}`;
}
