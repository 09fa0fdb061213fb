import type { HydrationProgress } from '@millrace/pglite-client/react';

export interface ProgressWords {
  readonly title: string;
  /** Numbers, each as one text. */
  readonly figures: readonly string[];
  /** Part that is done, 0 to 1; null if nobody can tell. */
  readonly done: number | null;
}

const TITLES: Readonly<Record<HydrationProgress['phase'], string>> = {
  building: 'The server reads your rows …',
  downloading: 'Loading your rows …',
  loading: 'Storing your rows …',
  'catching-up': 'Catching up with what happened meanwhile …',
};

/** How far a load is, in words. */
export function describeProgress(progress: HydrationProgress): ProgressWords {
  return { title: TITLES[progress.phase], figures: figuresOf(progress), done: doneOf(progress) };
}

function figuresOf({ phase, rows, of, bytes, ofBytes, rowsPerSecond, secondsLeft }: HydrationProgress): string[] {
  if (phase === 'catching-up') return [`${count(rows)} rows loaded`];
  const figures: string[] = [];
  if (ofBytes > 0) figures.push(`${megabytes(bytes)} of ${megabytes(ofBytes)} MB`);
  if (of > 0) figures.push(`${count(rows)} of ${phase === 'building' ? 'about ' : ''}${count(of)} rows`);
  if (rowsPerSecond !== null) figures.push(`${count(rowsPerSecond)} rows/s`);
  if (secondsLeft !== null && secondsLeft > 0) figures.push(`${duration(secondsLeft)} left`);
  return figures;
}

/** Download and load overlap, so that each counts for a half. */
function doneOf({ phase, rows, of, bytes, ofBytes }: HydrationProgress): number | null {
  if (phase === 'catching-up' || of === 0) return null;
  if (phase === 'building') return rows / of;
  return ofBytes === 0 ? rows / of : (rows / of + bytes / ofBytes) / 2;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
