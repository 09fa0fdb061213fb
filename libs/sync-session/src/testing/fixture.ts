import { MIGRATION_TABLE, type HistoryEntry, type HistoryTransaction } from '@millrace/change-history';
import { LSN_ZERO, type Position, type Random } from '@millrace/kernel';
import type { Catalogue, Direction, SchemaMigration } from '@millrace/schema-compat';
import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { Hello } from '@millrace/sync-protocol';
import { newSession, type SessionState } from '../session/session-state.js';
import { SESSION_DEFAULTS, type SessionContext } from '../session/step.js';

/** Values shared by this lib's specs. */
export const EPOCH = '00000000-0000-4000-8000-00000000000e';
export const CLIENT = '00000000-0000-4000-8000-00000000000c';
export const TX = '00000000-0000-4000-8000-0000000000aa';
export const NOW = Date.UTC(2026, 0, 1);
export const TENANT = { tenantId: 't1' };
/** The scope of {@link TENANT}, whatever its text. */
export const SCOPE = 'scope-of-t1';

const column = (name: string): ColumnMeta => ({
  name,
  property: name,
  type: 'text',
  clientType: 'text',
  nullable: true,
  default: null,
  setBy: 'client',
});

export const invoices: TableMeta = {
  name: 'invoices',
  entity: 'Invoice',
  columns: ['id', 'tenant_id', 'number', 'notes'].map(column),
  serverOnly: ['secret'],
  key: ['id'],
  versionColumn: null,
  policy: 'last-write-wins',
  read: rule.claim('tenant_id', 'tenantId'),
  write: null,
};

export const schema: SchemaMeta = { version: '1.0.0', tables: [invoices] };

/** A second table, of fewer columns. */
const notes: TableMeta = { ...invoices, name: 'notes', entity: 'Note', columns: ['id', 'tenant_id'].map(column) };

export const twoTables: SchemaMeta = { version: '1.0.0', tables: [invoices, notes] };

/** Of a database that has not been migrated. */
export const catalogue: Catalogue = { compiled: schema, steps: [] };

export function at(seq: number, epoch = EPOCH): Position {
  return { epoch, seq: BigInt(seq), chain: seq.toString(16).padStart(32, '0') };
}

export function entry(fields: Partial<HistoryEntry>): HistoryEntry {
  return {
    seq: 1n,
    table: 'invoices',
    operation: 'insert',
    data: null,
    oldData: null,
    scopeOld: null,
    scopeNew: null,
    unchangedToast: [],
    ...fields,
  };
}

export function inserted(id: string, tenant = 't1', notes: string | null = null): HistoryEntry {
  return entry({ data: { id, tenant_id: tenant, number: `n${id}`, notes }, scopeNew: `tenantId=${tenant}` });
}

/** The catalogue's row of a step. */
export function migrated(migration: SchemaMigration, direction: Direction = 'up', ordinal = 1): HistoryEntry {
  const data = {
    id: TX,
    ordinal: String(ordinal),
    migration_name: migration.name,
    direction,
    created_at: '2026-01-01 00:00:00+00',
    migration: JSON.stringify(migration),
  };
  return entry({ table: MIGRATION_TABLE, data, scopeNew: '*' });
}

export function transaction(
  seq: number,
  entries: readonly HistoryEntry[],
  fields: Partial<HistoryTransaction> = {},
): HistoryTransaction {
  return {
    position: at(seq),
    firstSeq: BigInt(seq),
    commitLsn: LSN_ZERO,
    commitTime: '2026-01-01 00:00:00+00',
    schemaVersion: '1.0.0',
    mutation: null,
    entries,
    ...fields,
  };
}

const half: Random = { next: () => 0.5, uuid: () => EPOCH };

export function context(fields: Partial<SessionContext> = {}): SessionContext {
  return { catalogue, now: NOW, random: half, ...SESSION_DEFAULTS, ...fields };
}

export function hello(fields: Partial<Hello> = {}): Hello {
  return {
    type: 'hello',
    protocol: 1,
    clientId: CLIENT,
    position: { epoch: EPOCH, seq: '0', chain: at(0).chain },
    schemaVersion: '1.0.0',
    appVersion: '1.0.0',
    scope: SCOPE,
    ackedMutation: 0,
    ...fields,
  };
}

export function freshSession(): SessionState {
  return newSession({
    clientId: CLIENT,
    sub: 'ann',
    claims: { ...TENANT, role: 'member' },
    scopes: [SCOPE],
    expiresAt: NOW + 900_000,
  });
}
