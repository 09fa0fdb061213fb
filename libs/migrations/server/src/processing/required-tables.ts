import { findColumn, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { findCatalogColumn, findCatalogTable, type Catalog, type CatalogTable } from './catalog.js';
import type { Problems } from './problems.js';

/** The synced tables have to be in the database as the schema says they are, with what sync needs of them. */
export function requireTables(schema: SchemaMeta, catalog: Catalog, problems: Problems): void {
  for (const table of schema.tables) {
    const found = findCatalogTable(catalog, table.name);
    if (!found) differ(`there is no table ${table.name}`, problems);
    requireColumns(table, found, problems);
    requireKey(table, found, problems);
    requireIdentity(table, found, problems);
  }
}

function differ(reason: string, problems: Problems): never {
  problems.throw(
    'entities-differ',
    null,
    `the migrations up to here do not lead to the entities: ${reason}`,
    'npm run migration:generate -- <name> writes what is missing; a migration that was stored before the entities changed again is stored anew',
  );
}

function requireColumns(table: TableMeta, found: CatalogTable, problems: Problems): void {
  for (const column of table.columns) {
    const name = `${table.name}.${column.name}`;
    const is = findCatalogColumn(found, column.name);
    if (!is) differ(`there is no column ${name}`, problems);
    if (is.type !== column.type) differ(`${name} is ${is.type}, not ${column.type}`, problems);
    if (is.nullable !== column.nullable) differ(`${name} ${is.nullable ? 'may' : "mustn't"} be null`, problems);
  }
  for (const { name } of found.columns.values()) {
    // Dropped before anything is stored, unknown ones too [C3]; but then nobody has said whether it may be seen.
    if (findColumn(table, name) || table.serverOnly.includes(name)) continue;
    differ(`no entity knows the column ${table.name}.${name}`, problems);
  }
}

function requireKey(table: TableMeta, found: CatalogTable, problems: Problems): void {
  if (found.key.length === table.key.length && table.key.every((column, place) => found.key[place] === column)) return;
  problems.throw(
    'key',
    null,
    `${table.name} is synced and has ${found.key.length === 0 ? 'no primary key' : `the primary key (${found.key.join(', ')})`}: rows are found by (${table.key.join(', ')}) everywhere`,
    `add: alter table ${table.name} add primary key (${table.key.join(', ')})`,
  );
}

/** Without the whole old row in the log, a row that leaves somebody's scope is not seen to leave it [M5]. */
function requireIdentity(table: TableMeta, found: CatalogTable, problems: Problems): void {
  if (found.identity === 'f' || found.identity === 'i') return;
  problems.throw(
    'replica-identity',
    null,
    `${table.name} is synced, but its log would not hold whole old rows [M5]`,
    `add: alter table ${table.name} replica identity full`,
  );
}
