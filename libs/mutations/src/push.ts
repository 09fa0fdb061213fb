import { SqlError, SyncError, errorText, type SqlConnection } from '@millrace/kernel';
import type { MutationResult, PushConflict, PushRequest } from '@millrace/sync-protocol';
import { SchemaMoved, applyMutation, type AppliedMutation } from './apply-mutation.js';
import type { ClientMutation, MutationContext } from './context.js';
import { knownMutations, lockClient, readEpoch } from './ledger.js';
import { MUTATION_LIMITS } from './limits.js';
import { verdictOfSqlError } from './verdict-of-sql-error.js';

export type PushOutcome =
  | { readonly kind: 'results'; readonly results: readonly MutationResult[] }
  | { readonly kind: 'conflict'; readonly conflict: PushConflict };

/**
 * Applies a client's mutations in order. Ends early, with the results so far, at the first one that cannot be applied now: the client sends the
 * rest again. Throws `unknown-client`, `schema-unknown`, or a `SyncError` that says to try later.
 *
 * A rejected mutation does not stop the ones behind it: what depends on its rows meets them as they are, and is refused as `gone` or by its
 * foreign key [W6].
 */
export async function push(sql: SqlConnection, request: PushRequest, context: MutationContext): Promise<PushOutcome> {
  const { mutations, ...shared } = request;
  const results: MutationResult[] = [];
  for (const mutation of mutations) {
    const applied = await applyOrStop(sql, { ...shared, ...mutation }, context, results.length > 0);
    if (applied.kind === 'result') results.push(applied.result);
    else if (applied.kind === 'out-of-order' && results.length === 0)
      return conflictOf(sql, request, context, applied.code);
    else break;
  }
  return { kind: 'results', results };
}

/** With earlier results in hand an error must not take them away: they are told now, the error when the rest comes again. */
async function applyOrStop(
  sql: SqlConnection,
  mutation: ClientMutation,
  context: MutationContext,
  hasResults: boolean,
): Promise<AppliedMutation | { readonly kind: 'stop' }> {
  try {
    return await applyWithRetries(sql, mutation, context);
  } catch (error) {
    const { clientId, mutationId } = mutation;
    context.logger.warn('a push could not be applied', {
      clientId,
      mutationId,
      error: errorText(error),
      sqlState: sqlStateOf(error),
    });
    if (!hasResults) throw syncErrorOf(error);
    return { kind: 'stop' };
  }
}

/** A deadlock's victim is free to go on at once: the other side has what it waited for. */
async function applyWithRetries(
  sql: SqlConnection,
  mutation: ClientMutation,
  context: MutationContext,
): Promise<AppliedMutation> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const applied = await applyMutation(sql, mutation, context);
      context.timeouts.forget(mutation.txId);
      return applied;
    } catch (error) {
      const isConflict = error instanceof SchemaMoved || (error instanceof SqlError && error.sqlClass === '40');
      if (!isConflict || attempt >= MUTATION_LIMITS.conflictTries) throw error;
    }
  }
}

async function conflictOf(
  sql: SqlConnection,
  request: PushRequest,
  context: MutationContext,
  code: PushConflict['code'],
): Promise<PushOutcome> {
  const { sub } = context.principal;
  const txIds = request.mutations.map((mutation) => mutation.txId);
  return sql.transaction(async (transaction) => {
    const { lastMutationId } = await lockClient(transaction, request.clientId, sub);
    const epoch = await readEpoch(transaction, context.slot);
    const known = await knownMutations(transaction, sub, txIds);
    return { kind: 'conflict', conflict: { code, message: CONFLICT_MESSAGES[code], epoch, lastMutationId, known } };
  });
}

const CONFLICT_MESSAGES: Record<PushConflict['code'], string> = {
  'mutation-order':
    'The mutations do not continue where this client stopped: settle the known ones and renumber the rest.',
  'epoch-changed': 'A new history has begun: settle the known mutations and send the rest again under its epoch.',
};

function syncErrorOf(error: unknown): unknown {
  if (!(error instanceof SqlError)) return error;
  if (error.code === '57014' || error.code === '55P03')
    return new SyncError('timeout', 'the database was too busy for this write; try again', { cause: error });
  if (verdictOfSqlError(error).kind === 'retry')
    return new SyncError('database-unavailable', 'the database cannot take this write now; try again', {
      cause: error,
    });
  return new SyncError('internal', 'the write failed; the server log has the details', { cause: error });
}

function sqlStateOf(error: unknown): string | null {
  return error instanceof SqlError ? error.code : null;
}
