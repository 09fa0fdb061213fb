import { migrateEngine } from '@millrace/migrations-server';
import type { Lsn, Position, Row, SqlSession } from '@millrace/kernel';
import { connectPg } from '@millrace/postgres';
import type { Direction, SchemaMigration } from '@millrace/schema-compat';
import { rule, type SchemaMeta } from '@millrace/schema-meta';
import { acquireDatabase } from '@millrace/testing-postgres';
import { appendTransactions, type HistoryHead } from '../append.js';
import type { HistoryTransaction } from '../history-transaction.js';
import { beginEpoch, readReplicationState } from '../replication-state.js';
import { schemaStepOf } from '../schema-catalogue.js';
import type { CapturedChange, CapturedTransaction } from '../transaction.js';

export const EPOCH = '00000000-0000-4000-8000-000000000001';
export const SLOT = 'millrace';

/** Items belong to a tenant. */
export const itemsSchema: SchemaMeta = {
  version: '1.0.0',
  tables: [
    {
      name: 'items',
      entity: 'Item',
      columns: ['id', 'tenant_id', 'name', 'note'].map((name) => ({
        name,
        property: name,
        type: 'text',
        clientType: 'text',
        nullable: true,
        default: null,
        setBy: 'client',
      })),
      serverOnly: [],
      key: ['id'],
      versionColumn: null,
      policy: 'last-write-wins',
      read: rule.claim('tenant_id', 'tenantId'),
      write: null,
    },
  ],
};

export const item = (id: string, tenant: string, name = 'n'): Row => ({ id, tenant_id: tenant, name, note: null });
export const insertOf = (row: Row): CapturedChange => ({
  table: 'items',
  operation: 'insert',
  newRow: row,
  oldRow: null,
  unchangedToast: [],
  recordLsn: 5n as Lsn,
});
export const updateOf = (oldRow: Row, newRow: Row, unchangedToast: readonly string[] = []): CapturedChange => ({
  table: 'items',
  operation: 'update',
  newRow,
  oldRow,
  unchangedToast,
  recordLsn: null,
});
export const deleteOf = (oldRow: Row): CapturedChange => ({
  table: 'items',
  operation: 'delete',
  newRow: null,
  oldRow,
  unchangedToast: [],
  recordLsn: null,
});
export const mutationOf = (
  clientId: string,
  mutationId: number,
  verdict = 'accepted',
  reason: string | null = null,
): CapturedChange => ({
  table: 'sync.client_mutation',
  operation: 'insert',
  newRow: {
    client_id: clientId,
    mutation_id: String(mutationId),
    tx_id: `tx-${mutationId}`,
    sub: 'u1',
    epoch: EPOCH,
    schema_version: '1.0.0',
    verdict,
    reason,
    created_at: '2026-01-01 00:00:00+00',
  },
  oldRow: null,
  unchangedToast: [],
  recordLsn: null,
});

/** The catalogue's row of a step. */
export function stepOf(migration: SchemaMigration, direction: Direction = 'up', ordinal = 1): CapturedChange {
  const newRow: Row = {
    id: '1',
    ordinal: String(ordinal),
    migration_name: migration.name,
    schema_version: migration.version,
    direction,
    created_at: '2026-01-01 00:00:00+00',
    migration: JSON.stringify(migration),
  };
  const table = 'sync.client_migration';
  const rest = { operation: 'insert', oldRow: null, unchangedToast: [], recordLsn: null } as const;
  return { table, newRow, ...rest, step: schemaStepOf(newRow) };
}

/** A transaction that commits at `lsn`. */
export const transactionAt = (lsn: number, ...changes: readonly CapturedChange[]): CapturedTransaction => ({
  xid: BigInt(lsn),
  commitLsn: BigInt(lsn) as Lsn,
  endLsn: (BigInt(lsn) + 8n) as Lsn,
  commitTime: '2026-01-02 03:04:05.678+00',
  changes,
});

/** A history on a real Postgres, with its writer. */
export interface HistoryWorld extends AsyncDisposable {
  readonly sql: SqlSession;
  readonly start: Position;
  head: HistoryHead;
  /** Appends transactions of these changes, one a list. */
  append(...transactions: readonly (readonly CapturedChange[])[]): Promise<readonly HistoryTransaction[]>;
}

export async function historyWorld(): Promise<HistoryWorld> {
  const database = await acquireDatabase();
  await migrateEngine({ url: database.url });
  const sql = await connectPg({ connectionString: database.url, applicationName: 'change-history-spec' });
  const start = await beginEpoch(sql, {
    slot: SLOT,
    epoch: EPOCH,
    cause: 'first-start',
    afterSeq: 0n,
    startLsn: 100n as Lsn,
    systemIdentifier: '1',
    timeline: 1,
    schemaVersion: '1.0.0',
  });
  const state = await readReplicationState(sql, SLOT);
  if (!state) throw new Error('an epoch leaves a state');
  let lsn = 100;
  let inForce = itemsSchema;
  const world: HistoryWorld = {
    sql,
    start,
    head: { position: state.position, lastCommitLsn: state.lastCommitLsn, lastEndLsn: state.lastEndLsn },
    async append(...transactions) {
      const captured = transactions.map((changes) => transactionAt((lsn += 10), ...changes));
      const appended = await appendTransactions(sql, {
        slot: SLOT,
        schema: inForce,
        source: { decoder: 'pgoutput', reader: 'stream' },
        from: world.head,
        transactions: captured,
      });
      world.head = appended.head;
      inForce = appended.schema;
      return appended.transactions;
    },
    async [Symbol.asyncDispose]() {
      await sql.close();
      await database[Symbol.asyncDispose]();
    },
  };
  return world;
}
