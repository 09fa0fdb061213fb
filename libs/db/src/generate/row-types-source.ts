import { must } from '@millrace/kernel';
import type { EntityClass } from '@millrace/entities-shared';
import { findTable, tableName, type SchemaMeta } from '@millrace/schema-meta';
import { isEnum, type ColumnMetadata } from './column-types.js';
import { metadataOf } from './entity-metadata.js';
import { GENERATED_NOTICE } from './schema-source.js';

/** The TypeScript module with two interfaces per synced table: its rows as Postgres text, and as a query returns them by default. Unformatted. */
export async function rowTypesSource(classes: readonly EntityClass[], schema: SchemaMeta): Promise<string> {
  const { entityMetadatas } = await metadataOf(classes);
  const interfaces = entityMetadatas.flatMap((metadata) => {
    const table = findTable(schema, tableName(metadata.schema ?? 'public', metadata.tableName));
    if (!table) return [];
    const columns = table.columns.map(({ name }) =>
      must(metadata.findColumnWithDatabaseName(name), `${table.name}.${name}: not a column of ${metadata.name}`),
    );
    return [
      `/** A row of \`${table.name}\` as Postgres text (\`{ text: true }\`). */`,
      interfaceSource(`${table.entity}Row`, columns, () => 'string'),
      `/** A row of \`${table.name}\` as a query returns it by default. */`,
      interfaceSource(`${table.entity}Record`, columns, valueType),
    ];
  });
  return [GENERATED_NOTICE, '', JSON_VALUE, ...interfaces].join('\n');
}

const JSON_VALUE = `/** What a \`json\` or \`jsonb\` column holds. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
`;

function interfaceSource(
  name: string,
  columns: readonly ColumnMetadata[],
  typeOf: (column: ColumnMetadata) => string,
): string {
  const fields = columns.map(
    (column) => `  ${column.databaseName}: ${typeOf(column)}${column.isNullable ? ' | null' : ''};`,
  );
  return [`export interface ${name} {`, ...fields, '}', ''].join('\n');
}

/** Only what a JS number holds exactly becomes one: `bigint`, `numeric`, dates and times stay text (I10). */
function valueType(column: ColumnMetadata): string {
  const element = isEnum(column) ? enumUnion(column) : (VALUE_TYPES[String(column.type)] ?? 'string');
  return column.isArray ? `(${element})[]` : element;
}

function enumUnion(column: ColumnMetadata): string {
  return (column.enum ?? []).map((member) => JSON.stringify(String(member))).join(' | ');
}

const VALUE_TYPES: Readonly<Record<string, string>> = {
  integer: 'number',
  int: 'number',
  int4: 'number',
  smallint: 'number',
  int2: 'number',
  real: 'number',
  float4: 'number',
  'double precision': 'number',
  float8: 'number',
  boolean: 'boolean',
  bool: 'boolean',
  json: 'JsonValue',
  jsonb: 'JsonValue',
};
