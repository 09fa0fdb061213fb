import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';

/** The tenants of the simulated team. Each body carries its tenant's mark, so that a leak can be seen in any text (I8). */
export const TENANTS = ['a', 'b'] as const;
export type Tenant = (typeof TENANTS)[number];

export function markOf(tenant: string): string {
  return `CANARY-${tenant}:`;
}

function column(name: string, more: Partial<ColumnMeta> = {}): ColumnMeta {
  return {
    name,
    property: name,
    type: 'text',
    clientType: 'text',
    nullable: true,
    default: null,
    setBy: 'client',
    ...more,
  };
}

const ownTenant = rule.claim('tenant_id', 'tenantId');
const version = column('version', { setBy: 'server', default: '1' });

function table(name: string, more: Partial<TableMeta> & Pick<TableMeta, 'columns' | 'read'>): TableMeta {
  return {
    name,
    entity: name,
    serverOnly: [],
    key: ['id'],
    versionColumn: 'version',
    policy: 'last-write-wins',
    write: ownTenant,
    ...more,
  };
}

/**
 * `pairs`: two rows of one `pair` are always written together, with the same `tag`: whoever sees them differ has seen half a transaction (I5).
 * `notes`: everything that can happen to a row; `stamp` is set by a trigger on the server, `blob` is large enough for TOAST, `hidden` moves a
 * row in and out of scope without moving its row key. `news`: one row set for everybody.
 */
export const schema: SchemaMeta = {
  version: '1.0.0',
  tables: [
    table('pairs', { read: ownTenant, columns: [column('id'), column('tenant_id'), column('tag'), version] }),
    table('notes', {
      read: rule.and(ownTenant, rule.value('hidden', 'f')),
      columns: [
        column('id'),
        column('tenant_id'),
        column('body'),
        column('extra'),
        column('blob'),
        column('hidden', { default: 'f' }),
        column('stamp', { setBy: 'server' }),
        version,
      ],
    }),
    table('news', { read: rule.all(), write: null, columns: [column('id'), column('body'), version] }),
  ],
};

/** Columns whose unchanged value Postgres does not send. */
export const TOASTED: ReadonlySet<string> = new Set(['blob']);
