import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';

export interface TableSketch {
  readonly name: string;
  readonly key: readonly string[];
  /** `name:type` */
  readonly columns: readonly string[];
  readonly serverOnly?: readonly string[];
}

/** A schema of tables whose rows belong to the tenant named in `tenant_id`. */
export function schemaOf(...tables: readonly TableSketch[]): SchemaMeta {
  return { version: '1.0.0', tables: tables.map(tableOf) };
}

function tableOf({ name, key, columns, serverOnly = [] }: TableSketch): TableMeta {
  const hasTenant = columns.some((column) => column.startsWith('tenant_id:'));
  return {
    name,
    entity: name,
    columns: columns.map(columnOf),
    serverOnly,
    key,
    versionColumn: null,
    policy: 'last-write-wins',
    read: hasTenant ? rule.claim('tenant_id', 'tenantId') : rule.all(),
    write: null,
  };
}

function columnOf(sketch: string): ColumnMeta {
  const [name = '', type = ''] = sketch.split(':');
  return { name, property: name, type, clientType: type, nullable: true, default: null, setBy: 'client' };
}
