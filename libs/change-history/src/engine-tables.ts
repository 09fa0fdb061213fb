import { SyncError, type Row } from '@millrace/kernel';
import type { MutationMark, Verdict, VerdictReason } from './history-transaction.js';

/** Where a mutation's verdict is stored by the transaction that applied it: captured, it is the ack [W5]. */
export const MUTATION_TABLE = 'sync.client_mutation';
/** Where a schema migration is recorded by the transaction that runs it: captured, it is the point at which the schema changes [M1]. */
export const MIGRATION_TABLE = 'sync.client_migration';

/** An engine table that is captured beside the synced ones, by inserts only [C1]. */
export interface EngineTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

export const ENGINE_TABLES: readonly EngineTable[] = [
  {
    name: MUTATION_TABLE,
    columns: ['client_id', 'mutation_id', 'tx_id', 'sub', 'epoch', 'schema_version', 'verdict', 'reason', 'created_at'],
    key: ['client_id', 'mutation_id'],
  },
  {
    name: MIGRATION_TABLE,
    columns: [
      'id',
      'ordinal',
      'migration_name',
      'timestamp',
      'up_queries',
      'down_queries',
      'schema_version',
      'previous',
      'depends_on',
      'direction',
      'kind',
      'checksum',
      'migration',
      'created_at',
    ],
    key: ['id'],
  },
];

export function findEngineTable(name: string): EngineTable | undefined {
  return ENGINE_TABLES.find((table) => table.name === name);
}

const VERDICTS: readonly string[] = ['accepted', 'merged', 'rejected'] satisfies readonly Verdict[];

/** Reads a `client_mutation` row. Throws `decode-failed`: an ack that cannot be read must not pass for none. */
export function mutationMarkOf(row: Row): MutationMark {
  const mutationId = Number(row['mutation_id']);
  const { client_id: clientId, tx_id: txId, verdict } = row;
  if (!clientId || !txId || !verdict || !Number.isSafeInteger(mutationId) || !VERDICTS.includes(verdict)) {
    throw new SyncError(
      'decode-failed',
      `${MUTATION_TABLE}: a row without a client, mutation id, transaction id or known verdict`,
    );
  }
  return { clientId, mutationId, txId, verdict: verdict as Verdict, reason: reasonOf(row['reason']) };
}

function reasonOf(text: string | null | undefined): VerdictReason | null {
  return text ? (JSON.parse(text) as VerdictReason) : null;
}
