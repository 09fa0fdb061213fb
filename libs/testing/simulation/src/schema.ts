import type { SchemaMigration, SchemaOp } from '@millrace/schema-compat';
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
 * The schema that the team began with. `pairs`: two rows of one `pair` are always written together, with the same `tag`: whoever sees them differ has seen half a transaction (I5).
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

/** What a migration of the team makes of `notes`. */
function notesWith(
  version: string,
  before: SchemaMeta,
  change: (columns: readonly ColumnMeta[]) => readonly ColumnMeta[],
): SchemaMeta {
  const tables = before.tables.map((each) =>
    each.name === 'notes' ? { ...each, columns: change(each.columns) } : each,
  );
  return { version, tables };
}

function stepOf(before: SchemaMeta, after: SchemaMeta, kind: SchemaMigration['kind'], op: SchemaOp): SchemaMigration {
  return {
    name: `To${after.version}`,
    timestamp: Number(after.version.replaceAll('.', '')),
    version: after.version,
    previous: before.version,
    dependsOn: [],
    kind,
    tightens: false,
    relaxes: false,
    checksum: '0'.repeat(64),
    ops: [op],
    clientUp: [],
    clientDown: [],
    before,
    after,
  };
}

const mood = column('mood', { default: `'calm'` });
const withMood = notesWith('1.1.0', schema, (columns) => [...columns, mood]);
const renamed = notesWith('2.0.0', withMood, (columns) =>
  columns.map((each) => (each.name === 'extra' ? column('remark') : each)),
);
const withoutMood = notesWith('3.0.0', renamed, (columns) => columns.filter(({ name }) => name !== 'mood'));

/** The team's migrations in their order: one that adds, one that renames (old apps are told their own words), one that drops (they can't be). */
export const MIGRATIONS: readonly SchemaMigration[] = [
  stepOf(schema, withMood, 'additive', { op: 'add-column', table: 'notes', column: mood, value: 'calm' }),
  stepOf(withMood, renamed, 'breaking', { op: 'rename-column', table: 'notes', from: 'extra', to: 'remark' }),
  stepOf(renamed, withoutMood, 'breaking', { op: 'drop-column', table: 'notes', column: mood }),
];

/** The schema that the newest app is built with. */
export const newest: SchemaMeta = withoutMood;

/** The column that was `extra` once, under the name that it has in this schema. */
export function extraIn({ tables }: SchemaMeta): 'extra' | 'remark' {
  return tables.some(({ columns }) => columns.some(({ name }) => name === 'remark')) ? 'remark' : 'extra';
}

export function hasMood({ tables }: SchemaMeta): boolean {
  return tables.some(({ columns }) => columns.some(({ name }) => name === 'mood'));
}

/** Columns whose unchanged value Postgres does not send. */
export const TOASTED: ReadonlySet<string> = new Set(['blob']);
