import { tableName, type ColumnMeta } from '@millrace/schema-meta';
import type { DataSource, EntityMetadata } from 'typeorm';

type Driver = DataSource['driver'];
export type ColumnMetadata = EntityMetadata['columns'][number];

/** The column's type on the server, as `format_type` prints it, and in the replica, which knows no enums [A3]. */
export function typesOf(driver: Driver, column: ColumnMetadata): Pick<ColumnMeta, 'type' | 'clientType'> {
  const suffix = column.isArray ? '[]' : '';
  if (isEnum(column)) {
    const { schema = 'public', tableName: table } = column.entityMetadata;
    const name = tableName(schema, column.enumName ?? `${table}_${column.databaseName}_enum`);
    return { type: `${name}${suffix}`, clientType: `text${suffix}` };
  }
  const type = `${withModifier(driver.normalizeType(column), modifierOf(driver, column))}${suffix}`;
  return { type, clientType: type };
}

export function isEnum(column: ColumnMetadata): boolean {
  return column.type === 'enum' || column.type === 'simple-enum';
}

/** Columns that no client may set: kept by triggers, computed, or numbered by a sequence. A uuid may be made anywhere. */
export function isServerSet(column: ColumnMetadata): boolean {
  return (
    column.isCreateDate ||
    column.isUpdateDate ||
    column.isVersion ||
    column.generatedType !== undefined ||
    (column.isGenerated && column.generationStrategy !== 'uuid')
  );
}

function modifierOf(driver: Driver, column: ColumnMetadata): string {
  const numbers = [driver.getColumnLength(column), column.precision, column.scale];
  return numbers.filter((number) => number !== '' && number !== undefined && number !== null).join(',');
}

/** `format_type` puts the precision of times after the first word: `timestamp(3) with time zone`. */
function withModifier(type: string, modifier: string): string {
  if (modifier === '') return type;
  const [, first = type, zone = ''] = /^(time|timestamp)( .*)$/.exec(type) ?? [];
  return `${first}(${modifier})${zone}`;
}
