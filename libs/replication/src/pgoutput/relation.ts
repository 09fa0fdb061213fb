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

/** A relation as Postgres described it, whatever of it is kept. */
export interface Relation {
  readonly id: number;
  readonly table: string;
  readonly columns: readonly ColumnShape[];
  readonly inKey: readonly boolean[];
}

const KEY_FLAG = 1;

/** Reads the body of an `R` message. */
export function readRelation(reader: ByteReader): Relation {
  const id = reader.uint32();
  const namespace = reader.cString() || 'pg_catalog';
  const table = tableName(namespace, reader.cString());
  reader.skip(1); // replica identity: what a tuple carries is told by its own tag
  const inKey: boolean[] = [];
  const columns: ColumnShape[] = [];
  for (let left = reader.uint16(); left > 0; left--) {
    inKey.push((reader.uint8() & KEY_FLAG) !== 0);
    // Values are text whatever their types are; but other types than before mean that DDL has been here.
    columns.push({ name: reader.cString(), typeOid: `${reader.uint32()}`, typeModifier: `${reader.uint32() | 0}` });
  }
  return { id, table, columns, inKey };
}

/** How its tuples are read under a schema; null: the schema does not list it, and all its changes are dropped. */
export function planOf(
  { table, columns, inKey }: Relation,
  schema: SchemaMeta,
  report: ReportUnknown,
): RelationPlan | null {
  const captured = capturedTable(table, schema, report);
  if (!captured) return null;
  const kept = columns.map(({ name }) => (captured.keeps(name) ? name : null));
  return { table, columns: kept, inKey, insertsOnly: captured.insertsOnly };
}

/** Of a synced table's columns. */
export function signatureOf({ table, columns }: Relation, schema: SchemaMeta): string | null {
  const meta = findTable(schema, table);
  return meta ? columnSignature(meta, columns) : null;
}
