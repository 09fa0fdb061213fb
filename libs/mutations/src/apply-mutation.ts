import { SqlError, SyncError, type SqlConnection } from '@millrace/kernel';
import { inForce, stepsBetween, translateReason, type Catalogue, type SchemaStep } from '@millrace/schema-compat';
import type { MutationResult, PushConflict } from '@millrace/sync-protocol';
import { applyChange } from './apply-change.js';
import { checkChange } from './check-change.js';
import type { ClientMutation, MutationContext, SchemaContext } from './context.js';
import { knownMutations, latestStep, lockClient, readStanding, recordVerdict } from './ledger.js';
import { MUTATION_LIMITS } from './limits.js';
import { reasonOfSqlError } from './reason-of-sql-error.js';
import { Rejection, storableReason, type VerdictReason } from './reason.js';
import { translateMutation } from './translate-mutation.js';
import { SERVER_ERROR, verdictOfSqlError } from './verdict-of-sql-error.js';

export type AppliedMutation =
  | { readonly kind: 'result'; readonly result: MutationResult }
  /** Neither applied nor known: the client has to settle and renumber first [W2]. */
  | { readonly kind: 'out-of-order'; readonly code: PushConflict['code'] };

/**
 * One mutation, one Postgres transaction, with the verdict in it [W3]; a txId seen before gives its stored verdict and has no further effect (I3).
 * Throws `unknown-client`, or the database's error where the same mutation may well succeed later [W4].
 */
export async function applyMutation(
  sql: SqlConnection,
  mutation: ClientMutation,
  context: MutationContext,
): Promise<AppliedMutation> {
  try {
    return await sql.transaction((transaction) => applyInTransaction(transaction, mutation, context));
  } catch (error) {
    const stored = isDuplicate(error)
      ? (await knownMutations(sql, context.principal.sub, [mutation.txId]))[0]
      : undefined;
    if (!stored) throw error;
    return { kind: 'result', result: stored };
  }
}

async function applyInTransaction(
  sql: SqlConnection,
  mutation: ClientMutation,
  context: MutationContext,
): Promise<AppliedMutation> {
  const { sub } = context.principal;
  const { lastMutationId } = await lockClient(sql, mutation.clientId, sub);
  const { epoch, known, latest } = await readStanding(sql, { slot: context.slot, sub, txId: mutation.txId });
  if (epoch !== mutation.epoch) return { kind: 'out-of-order', code: 'epoch-changed' };
  const catalogue = await context.catalogue.at(sql, latest);
  if (known) return { kind: 'result', result: inWordsOf(mutation, known, catalogue) };
  if (mutation.mutationId !== lastMutationId + 1) return { kind: 'out-of-order', code: 'mutation-order' };
  const way = wayUp(mutation, catalogue);
  const outcome = await applyUnderSavepoint(sql, { ...mutation, way }, { ...context, schema: inForce(catalogue) });
  if (outcome.verdict === 'rejected' && (await latestStep(sql)) !== latest) throw new SchemaMoved();
  const result: MutationResult = { mutationId: mutation.mutationId, txId: mutation.txId, ...outcome };
  await recordVerdict(sql, sub, mutation, result);
  return { kind: 'result', result: inWordsOf(mutation, result, catalogue) };
}

/** A migration came between: what was refused by the schema of before says nothing, and is tried again by the one of after. */
export class SchemaMoved extends SyncError {
  constructor() {
    super('database-unavailable', 'the schema was being migrated; try again');
    this.name = 'SchemaMoved';
  }
}

/** A mutation with the steps from its client's tables to those in force. */
interface Translatable extends ClientMutation {
  readonly way: readonly SchemaStep[];
}

/** Throws `schema-unknown`, with which it stays in its client's outbox: made on tables that this database never had, it could lose columns on its way. */
function wayUp({ schemaVersion }: ClientMutation, catalogue: Catalogue): readonly SchemaStep[] {
  const { version } = inForce(catalogue);
  const way = stepsBetween(catalogue, schemaVersion, version);
  if (way) return way;
  throw new SyncError(
    'schema-unknown',
    `these writes were made on schema ${schemaVersion}, which this database never had; in force is ${version}: update the app`,
  );
}

/** Stored is what the server calls its tables and columns; told is what the client does. */
function inWordsOf({ schemaVersion }: ClientMutation, result: MutationResult, catalogue: Catalogue): MutationResult {
  const way = stepsBetween(catalogue, inForce(catalogue).version, schemaVersion);
  return result.reason && way ? { ...result, reason: translateReason(result.reason, way) } : result;
}

type Outcome = Pick<MutationResult, 'verdict' | 'reason'>;

/** Verdicts come only from what happens between savepoint and `set constraints` [W4]: an error after that says nothing about the write. */
async function applyUnderSavepoint(
  sql: SqlConnection,
  mutation: Translatable,
  context: SchemaContext,
): Promise<Outcome> {
  await sql.query('savepoint mutation');
  try {
    const merged = await applyChanges(sql, mutation, context);
    await sql.query('set constraints all immediate');
    return merged ? { verdict: 'merged', reason: storableReason(merged) } : { verdict: 'accepted', reason: null };
  } catch (error) {
    const toReason = rejectionOf(error, mutation, context);
    await sql.query('rollback to savepoint mutation');
    return { verdict: 'rejected', reason: storableReason(await toReason(sql)) };
  }
}

/** Stops at the first change that is refused: a local transaction is applied whole or not at all (I5). Returns the first thing that was merged. */
async function applyChanges(
  sql: SqlConnection,
  { way, ...mutation }: Translatable,
  context: SchemaContext,
): Promise<VerdictReason | null> {
  const changes = mutation.changes.map((change) => checkChange(translateMutation(change, way), context.schema));
  let merged: VerdictReason | null = null;
  for (const change of changes) {
    const reason = await applyChange(sql, change, context);
    merged ??= reason;
  }
  return merged;
}

/** How to name the reason, once the savepoint is restored and the session can be asked again. Throws on what is no verdict. */
function rejectionOf(
  error: unknown,
  mutation: ClientMutation,
  context: SchemaContext,
): (sql: SqlConnection) => Promise<VerdictReason> {
  if (error instanceof Rejection) return async () => error.reason;
  if (!(error instanceof SqlError)) throw error;
  const verdict = verdictOfSqlError(error);
  switch (verdict.kind) {
    case 'retry':
      throw error;
    case 'timeout':
      if (context.timeouts.add(mutation.txId) < MUTATION_LIMITS.statementTimeouts) throw error;
      context.timeouts.forget(mutation.txId);
      return serverError(error, mutation, context);
    case 'fault':
      return serverError(error, mutation, context);
    case 'rejected':
      return (sql) => reasonOfSqlError(sql, error, verdict, context.schema);
  }
}

function serverError(
  error: SqlError,
  mutation: ClientMutation,
  { logger }: MutationContext,
): () => Promise<VerdictReason> {
  const { clientId, mutationId, txId } = mutation;
  logger.error('a mutation was rejected for a fault of the server', {
    clientId,
    mutationId,
    txId,
    sqlState: error.code,
    table: error.table,
  });
  return async () => SERVER_ERROR;
}

/** Another client of the same principal stored this txId meanwhile: its verdict holds [W4]. */
function isDuplicate(error: unknown): boolean {
  return error instanceof SqlError && error.code === '23505' && error.table === 'client_mutation';
}
