import { assert } from '@millrace/kernel';
import {
  serverOnlyPropertiesOf,
  syncedOptionsOf,
  type EntityClass,
  type SyncedOptions,
} from '@millrace/entities-shared';
import { tableName, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { DataSource, EntityMetadata } from 'typeorm';
import { metadataOf } from './entity-metadata.js';
import { isServerSet, typesOf, type ColumnMetadata } from './column-types.js';

type Driver = DataSource['driver'];

/**
 * Compiles entity classes to the value that the engine works from. Classes without `@Synced` are left out.
 * @throws SyncError if a class declares what the engine can't keep in step
 */
export async function schemaOfEntities(classes: readonly EntityClass[], version: string): Promise<SchemaMeta> {
  const { driver, entityMetadatas } = await metadataOf(classes);
  const tables = entityMetadatas.flatMap((metadata) => {
    const options = syncedOptionsOf(metadata.target as EntityClass);
    return options ? [tableMeta(driver, metadata, options)] : [];
  });
  return { version, tables };
}

function tableMeta(driver: Driver, metadata: EntityMetadata, options: SyncedOptions): TableMeta {
  const hidden = serverOnlyPropertiesOf(metadata.target as EntityClass);
  const isHidden = (column: ColumnMetadata) => hidden.has(column.propertyName);
  const travelling = metadata.columns.filter((column) => !isHidden(column));
  const table: TableMeta = {
    name: tableName(metadata.schema ?? 'public', metadata.tableName),
    entity: metadata.name,
    columns: [...travelling].sort(inReadingOrder).map((column) => columnMeta(driver, column)),
    serverOnly: metadata.columns.filter(isHidden).map((column) => column.databaseName),
    key: metadata.primaryColumns.map((column) => column.databaseName),
    versionColumn: metadata.versionColumn?.databaseName ?? null,
    policy: options.policy ?? 'last-write-wins',
    read: options.read,
    write: options.write,
  };
  assert(table.key.length > 0, `${metadata.name}: a synced entity needs a primary key`);
  assert(
    !metadata.primaryColumns.some(isHidden),
    `${metadata.name}: a key column can't be @ServerOnly, as clients find rows by it`,
  );
  return table;
}

function columnMeta(driver: Driver, column: ColumnMetadata): ColumnMeta {
  return {
    name: column.databaseName,
    property: column.propertyName,
    ...typesOf(driver, column),
    nullable: column.isNullable,
    default: defaultOf(driver, column),
    setBy: isServerSet(column) ? 'server' : 'client',
  };
}

function defaultOf(driver: Driver, column: ColumnMetadata): string | null {
  if (column.isGenerated && column.generationStrategy === 'uuid') return 'gen_random_uuid()';
  const expression = driver.normalizeDefault(column);
  return expression === undefined ? null : String(expression);
}

/** Key, own columns, then what the server keeps: as the tables are laid out. The sort is stable, so that own columns stay in the class's order. */
function inReadingOrder(a: ColumnMetadata, b: ColumnMetadata): number {
  return rank(a) - rank(b);
}

function rank(column: ColumnMetadata): number {
  if (column.isPrimary) return 0;
  if (isServerSet(column)) return 3;
  return column.propertyName === 'tenantId' ? 1 : 2;
}
