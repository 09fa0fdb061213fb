import { findTable, tableName, type SchemaMeta } from '@millrace/schema-meta';
import { capturedTable, type ReportUnknown } from '../captured-table.js';
import { columnSignature, type ColumnShape } from '../column-signature.js';
import type { ByteReader } from './byte-reader.js';

/** How the tuples of one relation are read: which columns are kept under which name [C3]. */
export interface RelationPlan {
  readonly table: string;
  /** Columns in tuple order; null is dropped before anything is stored or logged. */
  readonly columns: readonly (string | null)[];
  /** Which columns a `K` tuple really carries; it sends null for all others. */
  readonly inKey: readonly boolean[];
  /** Engine tables are captured by their inserts alone [C1]. */
  readonly insertsOnly: boolean;
}

const KEY_FLAG = 1;

/** Reads the body of an `R` message. `signature`: of a synced table's columns. `plan` null: a relation that the schema does not list; all its changes are dropped. */
export function readRelation(
  reader: ByteReader,
  schema: SchemaMeta,
  report: ReportUnknown,
): { readonly id: number; readonly plan: RelationPlan | null; readonly signature: string | null } {
  const id = reader.uint32();
  const namespace = reader.cString() || 'pg_catalog';
  const table = tableName(namespace, reader.cString());
  reader.skip(1); // replica identity: what a tuple carries is told by its own tag
  const captured = capturedTable(table, schema, report);
  const columns: (string | null)[] = [];
  const inKey: boolean[] = [];
  const shapes: ColumnShape[] = [];
  for (let left = reader.uint16(); left > 0; left--) {
    inKey.push((reader.uint8() & KEY_FLAG) !== 0);
    const column = reader.cString();
    columns.push(captured?.keeps(column) ? column : null);
    // Values are text whatever their types are; but other types than before mean that DDL has been here.
    shapes.push({ name: column, typeOid: `${reader.uint32()}`, typeModifier: `${reader.uint32() | 0}` });
  }
  const meta = findTable(schema, table);
  return {
    id,
    plan: captured && { table, columns, inKey, insertsOnly: captured.insertsOnly },
    signature: meta ? columnSignature(meta, shapes) : null,
  };
}
