import { findEngineTable } from '@millrace/change-history';
import { findColumn, findTable, type SchemaMeta } from '@millrace/schema-meta';

/** What is captured of one table [C1, C3]. */
export interface CapturedTable {
  readonly name: string;
  /** Engine tables are captured by their inserts alone [C1]. */
  readonly insertsOnly: boolean;
  /** Whether a column is kept. All others are dropped before anything is stored or logged. */
  keeps(column: string): boolean;
}

/** Told of what the schema does not list, so that DDL outside the migrations is noticed. Names only, never values. */
export type ReportUnknown = (table: string, column: string | null) => void;

/** Null: a table that the schema does not list; all its changes are dropped. */
export function capturedTable(name: string, schema: SchemaMeta, report: ReportUnknown): CapturedTable | null {
  const engine = findEngineTable(name);
  if (engine) return { name, insertsOnly: true, keeps: (column) => engine.columns.includes(column) };
  const meta = findTable(schema, name);
  if (!meta) {
    report(name, null);
    return null;
  }
  const keeps = (column: string): boolean => {
    if (findColumn(meta, column)) return true;
    if (!meta.serverOnly.includes(column)) report(name, column);
    return false;
  };
  return { name, insertsOnly: false, keeps };
}
