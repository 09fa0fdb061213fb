import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import { capturedTable, type CapturedTable, type ReportUnknown } from '../captured-table.js';

/** Not kept; kept; kept, and printed without its `\x`. */
export type ColumnKind = 'dropped' | 'text' | 'bytea';

/** How the tuples of one table are read [C3]. */
export interface TablePlan {
  readonly table: string;
  readonly insertsOnly: boolean;
  /** Columns that an insert and an update carry, if the table has them. */
  readonly listed: readonly string[];
  kindOf(column: string): ColumnKind;
}

/** Null: the schema does not list the table. */
export function tablePlan(table: string, schema: SchemaMeta, report: ReportUnknown): TablePlan | null {
  const captured = capturedTable(table, schema, report);
  if (!captured) return null;
  const columns = findTable(schema, table)?.columns ?? [];
  const bytea = new Set(columns.filter(({ type }) => type === 'bytea').map(({ name }) => name));
  const kinds = new Map<string, ColumnKind>();
  return {
    table,
    insertsOnly: captured.insertsOnly,
    listed: columns.map(({ name }) => name),
    kindOf(column) {
      const known = kinds.get(column);
      if (known) return known;
      const kind = kindIn(captured, column, bytea);
      kinds.set(column, kind);
      return kind;
    },
  };
}

function kindIn(captured: CapturedTable, column: string, bytea: ReadonlySet<string>): ColumnKind {
  if (!captured.keeps(column)) return 'dropped';
  return bytea.has(column) ? 'bytea' : 'text';
}
