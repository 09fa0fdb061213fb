import type { EntityClass } from '@millrace/entities-shared';
import type { EntityMetadata } from 'typeorm';
import { isEnum, type ColumnMetadata } from './column-types.js';
import { metadataOf } from './entity-metadata.js';

/**
 * A TypeScript module that compiles only if each property has the type that its column gives: TypeORM fills a `bigint` property with text
 * whatever the class says, and nothing but the first wrong sum would tell. `importsOf` names the module that a class is imported from.
 */
export async function typeConsistencySource(
  classes: readonly EntityClass[],
  importsOf: (entity: string) => string,
): Promise<string> {
  const { entityMetadatas } = await metadataOf(classes);
  return [
    'type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;',
    // A class may say more of a text than its column does, but nothing of it, such as null, may be left out.
    'type Fits<A, B> = [A] extends [B] ? Same<null extends A ? true : false, null extends B ? true : false> : false;',
    'function check<_T extends true>(): void {}',
    ...entityMetadatas.map(({ name }) => `import type { ${name} } from '${importsOf(name)}';`),
    ...entityMetadatas.flatMap(checksOf),
    '',
  ].join('\n');
}

function checksOf({ name, columns }: EntityMetadata): readonly string[] {
  return columns
    .filter((column) => column.relationMetadata === undefined && !holdsJson(column))
    .map((column) => {
      const type = `${typeOf(column)}${column.isNullable ? ' | null' : ''}`;
      const holds = isEnum(column) ? 'Same' : 'Fits';
      return `check<${holds}<${name}['${column.propertyName}'], ${type}>>(); // ${name}.${column.propertyName}: ${type}`;
    });
}

/** What a document holds is for its class to say. */
function holdsJson({ type }: ColumnMetadata): boolean {
  return type === 'json' || type === 'jsonb';
}

/** What node-postgres makes of a value. */
function typeOf(column: ColumnMetadata): string {
  const element = isEnum(column)
    ? (column.enum ?? []).map((member) => JSON.stringify(String(member))).join(' | ')
    : (TYPES[String(column.type)] ?? 'string');
  return column.isArray ? `(${element})[]` : element;
}

const ofType = (type: string, ...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, type]));

const TYPES: Readonly<Record<string, string>> = {
  ...ofType('number', 'integer', 'int', 'int4', 'smallint', 'int2', 'real', 'float4', 'double precision', 'float8'),
  ...ofType('boolean', 'boolean', 'bool'),
  ...ofType('Date', 'timestamptz', 'timestamp', 'timestamp with time zone', 'timestamp without time zone'),
  ...ofType('Buffer', 'bytea'),
};
