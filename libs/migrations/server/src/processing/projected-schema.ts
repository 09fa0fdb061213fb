import { findTable, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { Catalog, CatalogColumn, CatalogTable } from './catalog.js';

export interface ProjectionOptions {
  readonly catalogBefore: Catalog;
  /** What the database has now. */
  readonly catalog: Catalog;
  /** Where the migrations lead in the end: names what is new. */
  readonly head?: SchemaMeta;
}

/**
 * The schema at a state for which no entities are left, or none were ever written: the one before, with what has become of its tables and columns.
 * New columns of a synced table are synced unless the head hides them; a new table is as the head has it, and unsynced if it knows it not.
 */
export function projectedSchema(before: SchemaMeta, { catalogBefore, catalog, head }: ProjectionOptions): SchemaMeta {
  const tables = [...catalog.tables.values()].flatMap((table): TableMeta[] => {
    const earlier = catalogBefore.tables.get(table.oid);
    const meta = earlier && findTable(before, earlier.name);
    const goal = head && findTable(head, table.name);
    if (!meta) return goal && !earlier ? [projectedTable(goal, { table, earlier, goal, catalog })] : [];
    return [projectedTable({ ...meta, name: table.name }, { table, earlier, goal, catalog })];
  });
  const order = [...before.tables, ...(head?.tables ?? [])].map(({ name }) => name);
  const place = ({ name }: TableMeta): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return { version: before.version, tables: tables.sort((a, b) => place(a) - place(b)) };
}

interface TableProjection {
  readonly table: CatalogTable;
  readonly earlier: CatalogTable | undefined;
  readonly goal: TableMeta | undefined;
  readonly catalog: Catalog;
}

function projectedTable(meta: TableMeta, { table, earlier, goal, catalog }: TableProjection): TableMeta {
  const nameBefore = ({ number, name }: CatalogColumn): string => earlier?.columns.get(number)?.name ?? name;
  const hidden = [...table.columns.values()].filter(
    (column) => meta.serverOnly.includes(nameBefore(column)) || goal?.serverOnly.includes(column.name),
  );
  const columns = [...table.columns.values()]
    .filter((column) => !hidden.includes(column))
    .map((column) => {
      const known = meta.columns.find(({ name }) => name === nameBefore(column));
      const aim = goal?.columns.find(({ name }) => name === column.name);
      return projectedColumn(column, { known: known ?? aim, property: aim?.property, catalog });
    });
  const order = [...meta.columns, ...(goal?.columns ?? [])].map(({ name }) => name);
  const place = ({ name }: ColumnMeta): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return {
    ...meta,
    columns: columns.sort((a, b) => place(a) - place(b)),
    serverOnly: hidden.map(({ name }) => name),
    key: [...table.key],
  };
}

function projectedColumn(
  column: CatalogColumn,
  { known, property, catalog }: { known: ColumnMeta | undefined; property: string | undefined; catalog: Catalog },
): ColumnMeta {
  const sameType = known?.type === column.type;
  const isOwn = catalog.ownTypes.has(column.type.replace(/\[\]$/, ''));
  const suffix = column.type.endsWith('[]') ? '[]' : '';
  return {
    name: column.name,
    property: property ?? (known?.name === column.name ? known.property : camelCase(column.name)),
    type: column.type,
    clientType: isOwn ? `text${suffix}` : column.type,
    nullable: column.nullable,
    // Spelled as before where it is the same: Postgres prints it with casts.
    default: sameType && (known?.default === null) === (column.default === null) ? known.default : column.default,
    setBy: known?.setBy ?? (column.generated === '' ? 'client' : 'server'),
  };
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
