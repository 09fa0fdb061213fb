import { typesOf } from '@millrace/db/server';
import {
  findCatalogColumn,
  findCatalogTable,
  type Catalog,
  type CatalogColumn,
} from '@millrace/migrations-server/processing';
import { quoteIdent, quoteTable, tableName } from '@millrace/schema-meta';
import type { DataSource } from 'typeorm';
import type { TwoWay } from './two-way-statement.js';

/**
 * The columns that have another type in the entities, converted in place. TypeORM would drop such a column and add it anew, and what is in it would be
 * lost.
 */
export function typeChanges(source: DataSource, catalog: Catalog): readonly TwoWay[] {
  return source.entityMetadatas.flatMap((entity) => {
    const table = findCatalogTable(catalog, tableName(entity.schema ?? 'public', entity.tableName));
    if (!table) return [];
    return entity.columns.flatMap((meta) => {
      const column = findCatalogColumn(table, meta.databaseName);
      const { type } = typesOf(source.driver, meta);
      return column && column.type !== type ? [typeChange(table.name, column, type)] : [];
    });
  });
}

function typeChange(table: string, column: CatalogColumn, type: string): TwoWay {
  const alter = `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${quoteIdent(column.name)}`;
  const convert = (from: string, to: string): string => {
    const using = usingOf(quoteIdent(column.name), from, to);
    return `${alter} TYPE ${to}${using === null ? '' : ` USING ${using}`}`;
  };
  // A default need not fit the other type; the entity's own is set with everything else that differs.
  const { default: byDefault } = column;
  return {
    up: [...(byDefault === null ? [] : [`${alter} DROP DEFAULT`]), convert(column.type, type)],
    down: [convert(type, column.type), ...(byDefault === null ? [] : [`${alter} SET DEFAULT ${byDefault}`])],
  };
}

/** How a value is converted; null: as Postgres does it of itself, which refuses what does not fit, where a cast would cut it. */
export function usingOf(column: string, from: string, to: string): string | null {
  const [one, many] = [from, to].map((type) => type.endsWith('[]'));
  // No time zone of a session may decide it: times without one are taken as UTC.
  if (isTimestamp(from) && isTimestamp(to))
    return hasZone(from) === hasZone(to) ? null : `${column} AT TIME ZONE 'UTC'`;
  if (!one && many) return `CASE WHEN ${column} IS NOT NULL THEN ARRAY[${castOf(column, from, to.slice(0, -2))}] END`;
  // Fails for more than one element, which would be lost.
  if (one && !many) return castOf(`(${column})[1 / (cardinality(${column}) <= 1)::integer]`, from.slice(0, -2), to);
  if (isText(to) || (isNumber(from) && isNumber(to))) return isText(from) || isNumber(to) ? null : `${column}::text`;
  return `${column}::${to}`;
}

function castOf(expression: string, from: string, to: string): string {
  return from === to ? expression : `${expression}::${to}`;
}

const isTimestamp = (type: string): boolean => /^timestamp\b.*time zone$/.test(type);
const hasZone = (type: string): boolean => type.endsWith('with time zone');
const isText = (type: string): boolean => type === 'text' || type.startsWith('character varying');
const isNumber = (type: string): boolean => /^(smallint|integer|bigint|numeric|real|double precision)/.test(type);
