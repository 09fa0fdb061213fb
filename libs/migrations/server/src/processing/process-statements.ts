import { quoteIdent, quoteTable, tableParts, type SchemaMeta } from '@millrace/schema-meta';
import type { SchemaMigration } from '@millrace/schema-compat';
import { readCatalog } from './catalog.js';
import { openTrialDatabase, type TrialDatabase } from './domain-source.js';
import { emptyDatabase } from './empty-database.js';
import { sqlMigrationSource, type MigrationNotes } from './migration-source.js';
import { processMigration, type ProcessedMigration } from './process-migration.js';
import { projectedSchema } from './projected-schema.js';

export interface StatementsOptions {
  /** Class name with its timestamp, as TypeORM has them. */
  readonly name?: string;
  /** The schema that the statements find. */
  readonly before: SchemaMeta;
  readonly up: readonly string[];
  /** Default: none, for an `up` that changes no catalog. */
  readonly down: readonly string[];
  /**
   * The schema that they lead to. Default: the one before, as far as its tables and columns are there afterwards, with what they have become; columns
   * that were added to a synced table are synced, tables that were added are not.
   */
  readonly after?: SchemaMeta;
  /** What makes the tables of `before`. Default: tables as it describes them; enums of it have no labels then. */
  readonly beforeSql?: readonly string[];
  /** Name of the migration before it; null: it is the first. Default: one that made `before`. */
  readonly previous?: string | null;
  readonly notes?: MigrationNotes;
  /** To be used instead of a new one: emptied first. */
  readonly database?: TrialDatabase;
}

/** Makes the whole of a migration from statements: for schemas that are none of TypeORM's. */
export async function processStatements(options: StatementsOptions): Promise<ProcessedMigration> {
  if (options.database) return processIn(options.database, options);
  await using database = await openTrialDatabase([]);
  return await processIn(database, options);
}

async function processIn(database: TrialDatabase, options: StatementsOptions): Promise<ProcessedMigration> {
  const { name = 'Change1764000000000', before, up, down, after, previous = 'Before1763000000000', notes } = options;
  await emptyDatabase(database.run);
  for (const statement of options.beforeSql ?? serverTables(before)) await database.run(statement);
  const catalogBefore = await readCatalog(database.run);
  return processMigration({
    database,
    migration: sqlMigrationSource(name, { up, down }, notes),
    before,
    after: after ? () => after : (catalog) => projectedSchema(before, { catalogBefore, catalog }),
    previous,
  });
}

/** Tables of a server as a schema describes them, ready for sync: for schemas that nobody wrote migrations for. */
export function serverTables(schema: SchemaMeta): readonly string[] {
  return [
    ...namesOfTypes(schema).map((type) => `create type ${type} as enum ()`),
    ...schema.tables.flatMap((table) => {
      const columns = table.columns.map(
        ({ name, type, nullable, default: byDefault }) =>
          `${quoteIdent(name)} ${type}${nullable ? '' : ' not null'}${byDefault === null ? '' : ` default ${byDefault}`}`,
      );
      const hidden = table.serverOnly.map((name) => `${quoteIdent(name)} text`);
      const key = `primary key (${table.key.map(quoteIdent).join(', ')})`;
      return [
        `create schema if not exists ${quoteIdent(tableParts(table.name).schema)}`,
        `create table ${quoteTable(table.name)} (${[...columns, ...hidden, key].join(', ')})`,
        `alter table ${quoteTable(table.name)} replica identity full`,
      ];
    }),
  ];
}

function namesOfTypes(schema: SchemaMeta): readonly string[] {
  const types = schema.tables.flatMap(({ columns }) =>
    columns.flatMap(({ type, clientType }) => (type === clientType ? [] : [type.replace(/\[\]$/, '')])),
  );
  return [...new Set(types)];
}

/** What clients and the catalogue get of it: without what only the server runs. */
export function schemaMigrationOf({
  serverUp: _up,
  serverDown: _down,
  ...migration
}: ProcessedMigration): SchemaMigration {
  return migration;
}
