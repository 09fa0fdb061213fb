import { readFileSync, rmSync } from 'node:fs';
import type { ProcessRef } from '@millrace/processes';
import { writeFileAtomic } from '../write-file-atomic.js';

/** What runs on a data directory: for `npm run psql`, for a second start, and for the clean-up after a kill. */
export interface RunRecord {
  readonly supervisor: ProcessRef | null;
  readonly url: string;
  /** Null until there is a database. */
  readonly databaseUrl: string | null;
  readonly children: Readonly<Record<string, ProcessRef>>;
}

/** The record of the present or last run; null if there is none, or none that can be read. */
export function readRunFile(file: string): RunRecord | null {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as Partial<RunRecord>;
    return {
      supervisor: record.supervisor ?? null,
      url: record.url ?? '',
      databaseUrl: record.databaseUrl ?? null,
      children: record.children ?? {},
    };
  } catch {
    return null;
  }
}

export function writeRunFile(file: string, record: RunRecord): void {
  writeFileAtomic(file, JSON.stringify(record, null, 2));
}

export function removeRunFile(file: string): void {
  rmSync(file, { force: true });
}
