import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { EMPTY_SCHEMA, processStatements, type ProcessedMigration, type TrialDatabase } from '../processing/index.js';
import type { MigrationStore } from '../store/migration-store.js';
import { storedMigrationSchema, type StoredMigration } from '../store/stored-migration.js';
import * as v from 'valibot';

export function column(name: string, type: string, more: Partial<ColumnMeta> = {}): ColumnMeta {
  return { name, property: name, type, clientType: type, nullable: true, default: null, setBy: 'client', ...more };
}

/** A table with a column of each kind that changes its type in specs. */
export const notes: TableMeta = {
  name: 'notes',
  entity: 'Note',
  columns: [
    column('id', 'integer', { nullable: false }),
    column('title', 'character varying(10)'),
    column('size', 'integer'),
    column('taken', 'timestamp without time zone'),
    column('mood', 'mood', { clientType: 'text', default: "'good'" }),
    column('data', 'json'),
  ],
  serverOnly: ['secret'],
  key: ['id'],
  versionColumn: null,
  policy: 'last-write-wins',
  read: rule.claim('title', 'team'),
  write: null,
};

export const noteTables = [
  `create type mood as enum ('good', 'bad')`,
  `create table notes (id integer primary key, title varchar(10), size integer, taken timestamp, mood mood default 'good', data json, secret text)`,
  `alter table notes replica identity full`,
];

export const FIRST = 'Notes1763000000000';

/** The migration that makes {@link notes}. */
export function firstMigration(database: TrialDatabase): Promise<ProcessedMigration> {
  return processStatements({
    name: FIRST,
    before: EMPTY_SCHEMA,
    up: noteTables,
    down: ['drop table notes', 'drop type mood'],
    after: { version: '', tables: [notes] },
    previous: null,
    database,
  });
}

/** One that follows it. */
export function secondMigration(
  database: TrialDatabase,
  statements: {
    readonly up: readonly string[];
    readonly down: readonly string[];
    readonly name?: string;
    readonly after?: SchemaMeta;
  },
): Promise<ProcessedMigration> {
  const before: SchemaMeta = { version: '1.0.0', tables: [notes] };
  return processStatements({
    name: 'Change1764000000000',
    ...statements,
    before,
    beforeSql: noteTables,
    previous: FIRST,
    database,
  });
}

export function storeOf(...migrations: readonly ProcessedMigration[]): MigrationStore {
  const stored = migrations.map((migration): StoredMigration => v.parse(storedMigrationSchema, migration));
  return {
    manifest: { migrations: [], retired: [] },
    migrations: new Map(stored.map((migration) => [migration.name, migration])),
  };
}
