import type { Clock } from '@millrace/kernel';
import type { SnapshotChunk, SnapshotTable } from '@millrace/sync-protocol';

/**
 * `building`: the server reads the rows. `downloading`: chunks are on their way, and are loaded as they come. `loading`: all are here, not all are in the
 * tables. `catching-up`: the tables can be read, and what happened meanwhile is coming.
 */
export type HydrationPhase = 'building' | 'downloading' | 'loading' | 'catching-up';

/** How far a load of rows has come. */
export interface HydrationProgress {
  readonly phase: HydrationPhase;
  /** Tables whose rows are all loaded, of how many; those that are known to be right already do not count. */
  readonly tables: number;
  readonly ofTables: number;
  /** Rows loaded (`building`: read by the server), of how many; 0 if unknown. */
  readonly rows: number;
  readonly of: number;
  /** Bytes downloaded, as they travel, of how many; an earlier attempt's count. */
  readonly bytes: number;
  readonly ofBytes: number;
  /** On average; null until there is something to tell. */
  readonly rowsPerSecond: number | null;
  readonly secondsLeft: number | null;
}

export interface ProgressTracker {
  building(rows: number, rowEstimate: number): void;
  /** These tables are going to be downloaded and loaded: counts from 0 again. */
  planned(tables: readonly SnapshotTable[]): void;
  chunk(chunk: SnapshotChunk, kept: boolean): void;
  /** Rows in the tables since `planned`. */
  loaded(rows: number): void;
}

interface Counts {
  readonly sizes: readonly number[];
  readonly of: number;
  readonly ofBytes: number;
  readonly since: number;
  rows: number;
  bytes: number;
  /** Of these, what an earlier attempt had brought: it says nothing of the speed. */
  keptBytes: number;
}

const NOTHING: Omit<HydrationProgress, 'phase'> = {
  tables: 0,
  ofTables: 0,
  rows: 0,
  of: 0,
  bytes: 0,
  ofBytes: 0,
  rowsPerSecond: null,
  secondsLeft: null,
};

/** Turns events of a hydration into {@link HydrationProgress}. */
export function progressTracker(clock: Clock, report: (progress: HydrationProgress) => void): ProgressTracker {
  let counts: Counts = countsOf([], clock.now());
  const tell = () => report(progressOf(counts, clock.now()));
  return {
    building: (rows, rowEstimate) => report({ ...NOTHING, phase: 'building', rows, of: Math.max(rows, rowEstimate) }),
    planned: (tables) => {
      counts = countsOf(tables, clock.now());
      tell();
    },
    chunk: ({ bytes }, kept) => {
      counts.bytes += bytes;
      if (kept) counts.keptBytes += bytes;
      tell();
    },
    loaded: (rows) => {
      counts.rows = rows;
      tell();
    },
  };
}

function countsOf(tables: readonly SnapshotTable[], since: number): Counts {
  return {
    sizes: tables.map((table) => table.rows),
    of: sum(tables.map((table) => table.rows)),
    ofBytes: sum(tables.flatMap((table) => table.chunks.map((chunk) => chunk.bytes))),
    since,
    rows: 0,
    bytes: 0,
    keptBytes: 0,
  };
}

function progressOf(counts: Counts, now: number): HydrationProgress {
  const { sizes, rows, of, bytes, ofBytes } = counts;
  const seconds = (now - counts.since) / 1000;
  const perSecond = (done: number) => (seconds > 0 && done > 0 ? done / seconds : null);
  const rowsPerSecond = perSecond(rows);
  const left = [timeFor(ofBytes - bytes, perSecond(bytes - counts.keptBytes)), timeFor(of - rows, rowsPerSecond)];
  return {
    phase: bytes < ofBytes ? 'downloading' : 'loading',
    tables: tablesWithin(sizes, rows),
    ofTables: sizes.length,
    rows,
    of,
    bytes,
    ofBytes,
    rowsPerSecond: rowsPerSecond === null ? null : Math.round(rowsPerSecond),
    secondsLeft: left.includes(null) ? null : Math.ceil(Math.max(...left.map((each) => each ?? 0))),
  };
}

/** Download and load overlap: the slower of the two is what is left. */
function timeFor(left: number, perSecond: number | null): number | null {
  if (left <= 0) return 0;
  return perSecond === null ? null : left / perSecond;
}

/** How many of the tables, which are loaded in their order, `rows` rows fill. */
function tablesWithin(sizes: readonly number[], rows: number): number {
  let filled = 0;
  let room = rows;
  for (const size of sizes) {
    if (size > room) break;
    room -= size;
    filled += 1;
  }
  return filled;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
