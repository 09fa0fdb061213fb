import { typesOf } from '@millrace/db/server';
import type { Catalog, CatalogColumn } from '@millrace/migrations-server/processing';
import { quoteIdent, quoteLiteral, quoteTable } from '@millrace/schema-meta';
import type { DataSource } from 'typeorm';
import type { TwoWay } from './two-way-statement.js';

/**
 * Enums that have other labels in the entities. A label that is added is added; to take one away the type is made anew, which works as long as no row has
 * it. TypeORM's own way back forgets that a default can't follow.
 */
export function enumChanges(source: DataSource, catalog: Catalog): readonly TwoWay[] {
  const changes = new Map<string, TwoWay>();
  for (const entity of source.entityMetadatas) {
    for (const column of entity.columns) {
      const type = typesOf(source.driver, column).type.replace(/\[\]$/, '');
      const was = catalog.enums.get(type)?.map(({ label }) => label);
      const is = column.enum?.map(String);
      if (!was || !is || changes.has(type) || is.join('\0') === was.join('\0')) continue;
      changes.set(type, enumChange(type, { was, is, users: usersOf(catalog, type) }));
    }
  }
  return [...changes.values()];
}

interface EnumUser {
  readonly table: string;
  readonly column: CatalogColumn;
}

interface Labels {
  readonly was: readonly string[];
  readonly is: readonly string[];
  readonly users: readonly EnumUser[];
}

function enumChange(type: string, { was, is, users }: Labels): TwoWay {
  const onlyAdds = was.join('\0') === is.filter((label) => was.includes(label)).join('\0');
  return {
    up: onlyAdds ? addedLabels(type, { was, is }) : rebuilt(type, is, users),
    down: rebuilt(type, was, users),
  };
}

function addedLabels(type: string, { was, is }: { was: readonly string[]; is: readonly string[] }): readonly string[] {
  return is.flatMap((label, place) => {
    if (was.includes(label)) return [];
    const earlier = is[place - 1];
    const later = was[0];
    const where =
      earlier !== undefined ? ` AFTER ${quoteLiteral(earlier)}` : later ? ` BEFORE ${quoteLiteral(later)}` : '';
    return [`ALTER TYPE ${quoteTable(type)} ADD VALUE ${quoteLiteral(label)}${where}`];
  });
}

/** By way of text, so that a row with a label that is not there is refused and not lost. */
function rebuilt(type: string, labels: readonly string[], users: readonly EnumUser[]): readonly string[] {
  const name = type.slice(type.lastIndexOf('.') + 1);
  const old = `${type}_old`;
  return [
    `ALTER TYPE ${quoteTable(type)} RENAME TO ${quoteIdent(`${name}_old`)}`,
    `CREATE TYPE ${quoteTable(type)} AS ENUM (${labels.map(quoteLiteral).join(', ')})`,
    ...users.flatMap(({ table, column }) => {
      const alter = `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${quoteIdent(column.name)}`;
      const suffix = column.type.endsWith('[]') ? '[]' : '';
      const using = `${quoteIdent(column.name)}::text${suffix}::${quoteTable(type)}${suffix}`;
      return [
        ...(column.default === null ? [] : [`${alter} DROP DEFAULT`]),
        `${alter} TYPE ${quoteTable(type)}${suffix} USING ${using}`,
        ...(column.default === null ? [] : [`${alter} SET DEFAULT ${column.default}`]),
      ];
    }),
    `DROP TYPE ${quoteTable(old)}`,
  ];
}

function usersOf(catalog: Catalog, type: string): readonly EnumUser[] {
  return [...catalog.tables.values()].flatMap(({ name: table, columns }) =>
    [...columns.values()]
      .filter((column) => column.type.replace(/\[\]$/, '') === type)
      .map((column) => ({ table, column })),
  );
}
