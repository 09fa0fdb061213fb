import { MUTATION_TABLE } from '@millrace/change-history';
import { hasColumn, SyncError } from '@millrace/kernel';
import type {
  Mutation,
  MutationChange,
  MutationResult,
  PushConflict,
  PushRequest,
  PushResponse,
} from '@millrace/sync-protocol';
import type { SchemaMeta } from '@millrace/schema-meta';
import { stepsBetween, type SchemaStep } from '@millrace/schema-compat';
import { matches, type Claims } from '@millrace/sync-rules';
import type { FakePostgres } from './fake-postgres.js';
import { Rejected } from './rejected.js';
import { tableOf, type ServerTransaction } from './server-transaction.js';
import { toldInForce } from './told-in-force.js';

/** Who pushes. */
export interface Writer {
  readonly sub: string;
  readonly claims: Claims;
}

export type PushOutcome =
  | { readonly kind: 'results'; readonly response: PushResponse }
  | { readonly kind: 'conflict'; readonly conflict: PushConflict };

/** The write path's rules on the simulated database [W2, W3], with the policy last-write-wins. `epoch`: the one in force. */
export function pushMutations(
  postgres: FakePostgres,
  request: PushRequest,
  writer: Writer,
  epoch: string,
): PushOutcome {
  const client = postgres.clients.get(request.clientId);
  if (client?.sub !== writer.sub) throw new SyncError('unknown-client', 'the client is not registered');
  const results: MutationResult[] = [];
  for (const mutation of request.mutations) {
    const conflict = conflictOf(postgres, request, mutation, epoch);
    if (conflict && results.length === 0) return { kind: 'conflict', conflict };
    if (conflict) break;
    results.push(applyOnce(postgres, request, mutation, writer));
  }
  return { kind: 'results', response: { results } };
}

function conflictOf(
  postgres: FakePostgres,
  request: PushRequest,
  mutation: Mutation,
  epoch: string,
): PushConflict | null {
  const lastMutationId = postgres.clients.get(request.clientId)?.lastMutationId ?? 0;
  const conflict = (code: PushConflict['code']): PushConflict => ({
    code,
    message: code,
    epoch,
    lastMutationId,
    known: request.mutations.flatMap(({ txId }) => postgres.mutations.get(txId)?.result ?? []),
  });
  if (request.epoch !== epoch) return conflict('epoch-changed');
  if (postgres.mutations.has(mutation.txId)) return null;
  return mutation.mutationId === lastMutationId + 1 ? null : conflict('mutation-order');
}

function applyOnce(postgres: FakePostgres, request: PushRequest, mutation: Mutation, writer: Writer): MutationResult {
  const known = postgres.mutations.get(mutation.txId);
  if (known) return known.result;
  const way = stepsBetween(postgres.catalogue, request.schemaVersion, postgres.schema.version);
  if (!way) throw new SyncError('schema-unknown', `no way leads from schema ${request.schemaVersion}`);
  let result: MutationResult = {
    mutationId: mutation.mutationId,
    txId: mutation.txId,
    verdict: 'accepted',
    reason: null,
  };
  postgres.commit((transaction) => {
    result = { ...result, ...outcomeOf({ transaction, schema: postgres.schema, way }, mutation, writer) };
    transaction.insertEngineRow(MUTATION_TABLE, {
      client_id: request.clientId,
      mutation_id: String(mutation.mutationId),
      tx_id: mutation.txId,
      sub: writer.sub,
      epoch: request.epoch,
      schema_version: request.schemaVersion,
      verdict: result.verdict,
      reason: result.reason && JSON.stringify(result.reason),
    });
  });
  const client = postgres.clients.get(request.clientId);
  if (client) client.lastMutationId = mutation.mutationId;
  const effects = result.verdict === 'rejected' ? 0 : 1;
  postgres.mutations.set(mutation.txId, {
    clientId: request.clientId,
    sub: writer.sub,
    epoch: request.epoch,
    result,
    effects,
  });
  return result;
}

function outcomeOf(
  { transaction, schema, way }: Writing & { readonly way: readonly SchemaStep[] },
  mutation: Mutation,
  writer: Writer,
): Pick<MutationResult, 'verdict' | 'reason'> {
  try {
    const told = mutation.changes.map((change) => toldInForce(change, way));
    const merged = told.map((change) => applyChange({ transaction, schema }, change, writer)).includes(true);
    return merged
      ? { verdict: 'merged', reason: { code: 'changed', message: 'changed since' } }
      : { verdict: 'accepted', reason: null };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    transaction.rollback();
    return { verdict: 'rejected', reason: { code: error.code, message: error.message } };
  }
}

interface Writing {
  readonly transaction: ServerTransaction;
  readonly schema: SchemaMeta;
}

/** Whether the change met a newer value. */
function applyChange({ transaction, schema }: Writing, change: MutationChange, { claims }: Writer): boolean {
  const table = tableOf(schema, change.table);
  const stored = transaction.find(change.table, change.key);
  const row = stored && matches(table.read, stored, claims) === true ? stored : null;
  if (table.write === null) throw new Rejected('forbidden');
  if (change.set['body']?.includes('bad')) throw new Rejected('check');
  if (change.operation === 'insert') {
    if (stored) throw new Rejected('exists');
    if (matches(table.write, change.set, claims) !== true) throw new Rejected('forbidden');
    transaction.insert(change.table, change.set);
    return false;
  }
  if (change.operation === 'delete') {
    if (row) transaction.delete(change.table, change.key);
    return false;
  }
  if (!row) throw new Rejected('gone');
  const changed =
    row['version'] !== change.version &&
    Object.keys(change.set).some((column) => hasColumn(change.old, column) && row[column] !== change.old[column]);
  transaction.update(change.table, change.key, change.set);
  return changed;
}
