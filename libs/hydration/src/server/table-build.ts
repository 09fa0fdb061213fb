import type { Position } from '@millrace/kernel';
import type { SnapshotFormat } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import type { TableRows } from './build-table.js';

/** One reading of a table: what its store remembers of it. */
export interface TableBuild {
  /** By it clients fetch its chunks. Made once, its rows never change. */
  readonly id: string;
  readonly table: string;
  readonly format: SnapshotFormat;
  /** ms since 1970. */
  readonly createdAt: number;
  /** Chunks that may be in the blob store: counted before each is stored, so that a crash leaves none behind. */
  readonly chunksBegun: number;
  /** Null while it is read. Its rows never change; its position moves on as it is found that they hold more of history. */
  readonly content: TableRows | null;
  /** History has passed everything that the rows show [S2]; null before that is known. */
  readonly upTo: Position | null;
  /** When `upTo` was known, ms since 1970. */
  readonly finishedAt: number | null;
}

export interface FinishedBuild extends TableBuild {
  readonly content: TableRows;
  readonly upTo: Position;
  readonly finishedAt: number;
}

export function isFinished(build: TableBuild): build is FinishedBuild {
  return build.content !== null && build.upTo !== null && build.finishedAt !== null;
}

/** A table that somebody waits for, in the format that they can load. Kept until it is read, so that a restarted builder goes on by itself. */
export interface TableWant {
  readonly table: string;
  readonly format: SnapshotFormat;
  readonly claims: Claims;
}

/** What is built of one snapshot key, each for itself: a table in a format. */
export type TableInFormat = Pick<TableWant, 'table' | 'format'>;

export function isOf(build: TableInFormat, { table, format }: TableInFormat): boolean {
  return build.table === table && build.format === format;
}

/** Where builds of one snapshot key are remembered. Every call is durable before anything that is sent after it. */
export interface BuildStore {
  builds(): readonly TableBuild[];
  save(build: TableBuild): void;
  remove(id: string): void;
  wants(): readonly TableWant[];
  saveWants(wants: readonly TableWant[]): void;
}
