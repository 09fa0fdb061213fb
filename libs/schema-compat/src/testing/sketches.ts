import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { MigrationKind, SchemaMigration } from '../schema-migration.js';
import type { SchemaOp } from '../schema-op.js';

/** For specs: schemas and migrations in a few words. */
export interface TableSketch {
  readonly name: string;
  /** `name`, or `name:type`; the type is text by default. The first one is the key. */
  readonly columns: readonly string[];
}

export function columnOf(sketch: string): ColumnMeta {
  const [name = '', type = 'text'] = sketch.split(':');
  return { name, property: name, type, clientType: type, nullable: true, default: null, setBy: 'client' };
}

/** A table whose rows belong to the tenant named in `tenant_id`, if it has that column; else to everybody. */
export function tableOf({ name, columns }: TableSketch, fields: Partial<TableMeta> = {}): TableMeta {
  const metas = columns.map(columnOf);
  const byTenant = metas.some((column) => column.name === 'tenant_id');
  const everybody = byTenant ? rule.claim('tenant_id', 'tenantId') : rule.all();
  return {
    name,
    entity: name,
    columns: metas,
    serverOnly: [],
    key: metas.slice(0, 1).map((column) => column.name),
    versionColumn: null,
    policy: 'last-write-wins',
    read: everybody,
    write: everybody,
    ...fields,
  };
}

export function schemaWith(version: string, ...tables: readonly TableMeta[]): SchemaMeta {
  return { version, tables };
}

export interface MigrationSketch {
  readonly before: SchemaMeta;
  readonly after: SchemaMeta;
  readonly ops?: readonly SchemaOp[];
  readonly kind?: MigrationKind;
  readonly clientUp?: readonly string[];
  readonly clientDown?: readonly string[];
}

/** Named by the version it leads to. */
export function migrationOf(sketch: MigrationSketch): SchemaMigration {
  const { before, after, ops = [], kind = 'additive', clientUp = [], clientDown = [] } = sketch;
  const isFirst = before.tables.length === 0;
  return {
    name: `To${after.version}`,
    timestamp: Number(after.version.replaceAll('.', '')),
    version: after.version,
    previous: isFirst ? null : before.version,
    dependsOn: isFirst ? [] : [`To${before.version}`],
    kind,
    tightens: false,
    relaxes: false,
    checksum: '0'.repeat(64),
    ops: [...ops],
    clientUp: [...clientUp],
    clientDown: [...clientDown],
    before,
    after,
  };
}
