import {
  inForce,
  isTranslatable,
  schemaOfVersion,
  stepsBetween,
  translateColumns,
  translateTable,
  type Catalogue,
} from '@millrace/schema-compat';
import { findColumn, findTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';

/** What a table is called by those who read its rows, and its columns, in the order in which they are read. */
export interface ToldTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** The rows of the schema in force, in the words of a version that its readers have. */
export interface SnapshotView {
  /** Version of the readers' tables. */
  readonly version: string;
  /** What is read: tables, columns and rules as they are in force, and of them only what the readers know, in their order. */
  readonly schema: SchemaMeta;
  /** By the table's name in force. */
  readonly told: ReadonlyMap<string, ToldTable>;
}

/** The schema in words of its own. */
export function viewOf(schema: SchemaMeta): SnapshotView {
  const told = schema.tables.map(
    ({ name, columns }) => [name, { name, columns: columns.map((each) => each.name) }] as const,
  );
  return { version: schema.version, schema, told: new Map(told) };
}

/** Null: what is in force cannot be told in that version's words. */
export function translatedView(catalogue: Catalogue, version: string): SnapshotView | null {
  const schema = inForce(catalogue);
  if (schema.version === version) return viewOf(schema);
  const theirs = schemaOfVersion(catalogue, version);
  const way = theirs && stepsBetween(catalogue, version, schema.version);
  if (!theirs || !way?.every(isTranslatable)) return null;
  const tables: TableMeta[] = [];
  const told = new Map<string, ToldTable>();
  for (const table of theirs.tables) {
    const ours = findTable(schema, translateTable(table.name, way) ?? '');
    const columns = table.columns.map(({ name }) => ({
      name,
      ours: translateColumns(table.name, [name], way)[0] ?? '',
    }));
    const metas = columns.map((column) => ours && findColumn(ours, column.ours));
    if (!ours || metas.some((meta) => !meta)) return null;
    tables.push({ ...ours, columns: metas.flatMap((meta) => meta ?? []) });
    told.set(ours.name, { name: table.name, columns: columns.map(({ name }) => name) });
  }
  return { version, schema: { ...schema, tables }, told };
}
