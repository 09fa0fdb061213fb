import { typesOf } from '@millrace/db/server';
import {
  findCatalogTable,
  type Catalog,
  type CatalogColumn,
  type CatalogTable,
} from '@millrace/migrations-server/processing';
import { UserError } from '@millrace/processes';
import { quoteIdent, quoteTable, tableName } from '@millrace/schema-meta';
import type { DataSource } from 'typeorm';
import type { TwoWay } from './two-way-statement.js';

/** `table.old:new`, or `old:new` of a table. */
export interface Rename {
  /** null: the table itself. */
  readonly table: string | null;
  readonly from: string;
  readonly to: string;
}

/** @throws UserError if it has another form */
export function parseRename(text: string): Rename {
  const match = /^(?:(?<table>[^:]+)\.)?(?<from>[^.:]+):(?<to>[^.:]+)$/.exec(text);
  const { table, from, to } = match?.groups ?? {};
  if (from !== undefined && to !== undefined) return { table: table ?? null, from, to };
  throw new UserError(`--rename ${text} can't be understood`, {
    why: 'it is not of the form table.old:new, or old:new for a table',
    wayOut: ['npm run migration:generate -- <name> --rename profiles.phone:mobile'],
  });
}

/** Whether a column that is gone became the one that is new. */
export type AskRename = (question: {
  readonly table: string;
  readonly from: string;
  readonly to: string;
}) => Promise<boolean>;

export interface RenameOptions {
  readonly given: readonly Rename[];
  /** null: nobody is there to be asked; false was said beforehand to all. */
  readonly ask: AskRename | null;
}

export function tableRenames(given: readonly Rename[]): readonly TwoWay[] {
  return given
    .filter(({ table }) => table === null)
    .map(({ from, to }) => {
      const rename = (a: string, b: string): string => `ALTER TABLE ${quoteTable(a)} RENAME TO ${quoteIdent(b)}`;
      return { up: [rename(from, to)], down: [rename(to, from)] };
    });
}

/**
 * Columns that are to be renamed, and those that are to go. A column that goes while another of its type comes may be either: what is in it is lost if
 * the wrong one is taken for granted, so that somebody has to say.
 */
export async function columnRenames(
  source: DataSource,
  catalog: Catalog,
  options: RenameOptions,
): Promise<readonly TwoWay[]> {
  const changes: TwoWay[] = [];
  const open: string[] = [];
  for (const entity of source.entityMetadatas) {
    const table = findCatalogTable(catalog, tableName(entity.schema ?? 'public', entity.tableName));
    if (!table) continue;
    const fresh = new Map(
      entity.columns
        .filter(({ databaseName }) => ![...table.columns.values()].some(({ name }) => name === databaseName))
        .map((column) => [column.databaseName, typesOf(source.driver, column).type]),
    );
    for (const column of table.columns.values()) {
      if (entity.columns.some(({ databaseName }) => databaseName === column.name)) continue;
      const change = await changeOf(table, { column, fresh, options, open });
      if (change) changes.push(change);
    }
  }
  if (open.length > 0) throw undecided(open);
  return changes;
}

interface Gone {
  readonly column: CatalogColumn;
  /** Types of the new columns by name; those that are taken leave. */
  readonly fresh: Map<string, string>;
  readonly options: RenameOptions;
  readonly open: string[];
}

async function changeOf(table: CatalogTable, { column, fresh, options, open }: Gone): Promise<TwoWay | null> {
  const given = options.given.find((rename) => rename.table === table.name && rename.from === column.name);
  if (given) {
    fresh.delete(given.to);
    return renamed(table.name, column.name, given.to);
  }
  const candidates = [...fresh].filter(([, type]) => type === column.type).map(([name]) => name);
  for (const to of candidates) {
    if (!options.ask) open.push(`${table.name}.${column.name}:${to}`);
    else if (await options.ask({ table: table.name, from: column.name, to })) {
      fresh.delete(to);
      return renamed(table.name, column.name, to);
    }
  }
  // Before TypeORM looks, which takes one column gone and one come for a rename, without a word.
  return candidates.length > 0 && options.ask ? dropped(table.name, column) : null;
}

function renamed(table: string, from: string, to: string): TwoWay {
  const rename = (a: string, b: string): string =>
    `ALTER TABLE ${quoteTable(table)} RENAME COLUMN ${quoteIdent(a)} TO ${quoteIdent(b)}`;
  return { up: [rename(from, to)], down: [rename(to, from)] };
}

function dropped(table: string, { name, type, nullable, default: byDefault }: CatalogColumn): TwoWay {
  const alter = `ALTER TABLE ${quoteTable(table)}`;
  const preset = byDefault === null ? '' : ` DEFAULT ${byDefault}`;
  return {
    up: [`${alter} DROP COLUMN ${quoteIdent(name)}`],
    down: [`${alter} ADD COLUMN ${quoteIdent(name)} ${type}${preset}${nullable ? '' : ' NOT NULL'}`],
  };
}

function undecided(open: readonly string[]): UserError {
  return new UserError('columns go while others of their type come', {
    why: 'each may be renamed, and keeps its values, or dropped, and loses them: that has to be said',
    wayOut: [`renamed: ${open.map((rename) => `--rename ${rename}`).join(' ')}`, 'dropped, all of them: --no-rename'],
  });
}
