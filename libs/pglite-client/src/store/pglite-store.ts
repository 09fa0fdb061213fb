import type { PGlite } from '@electric-sql/pglite';
import { assert, errorText, must, SyncError, type Clock, type Logger } from '@millrace/kernel';
import { changeBetween } from '@millrace/migrations-client';
import type { SchemaStep } from '@millrace/schema-compat';
import { quoteTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { MutationResult } from '@millrace/sync-protocol';
import { batchOf } from '../core/outbox-batch.js';
import type { RejectedMutation } from '../core/pending-mutation.js';
import { knownTable } from '../core/fold-changes.js';
import type { ClientStore, StoreSummary, TableState } from '../core/ports/client-store.js';
import type { ReceivedTransaction } from '../core/received-transaction.js';
import { reconcile } from '../core/reconcile.js';
import { applyTransactions, rebaseTouched, touchedTables } from './apply-transactions.js';
import { changedAtStep, changedTables } from './changed-tables.js';
import { forgetWaiting, noteFailed, noteRolledBack, noteTaken, readMigrations } from './client-migrations.js';
import { exchangeText } from './exchange-text.js';
import { hydrate } from './hydrate.js';
import { prepareDatabase } from './open-database.js';
import { readPending, text } from './outbox-rows.js';
import { sqlErrorOf } from './pglite-text.js';
import { readRejected } from './rejected-rows.js';
import { replaceSchema } from './run-migration.js';
import { PIN_SESSION } from './session-settings.js';
import { OUTBOX_CHANNEL } from './sync-ddl.js';
import { tableState } from './table-states.js';
import { takeAcks } from './take-acks.js';
import { rebaseAll, takeStep } from './take-step.js';
import type { StoreTransaction } from './text-sql.js';
import { becomeReplica, finishReplica, readSummary, type ReplicaChange } from './replica-role.js';

export interface PGliteStoreOptions {
  readonly pg: PGlite;
  /** Of the app; a database that is there keeps the one that it has come to. */
  readonly schema: SchemaMeta;
  /** Taken if the database is new. */
  readonly newClientId: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Between a load and what can wait after it: the app has its rows, and asks for what it shows first. */
const TIDY_AFTER_MS = 500;

/** The client's database on PGlite. The PGlite is the store's from `open` to `close`. */
export function pgliteStore({ pg, schema: built, newClientId, logger, clock }: PGliteStoreOptions): ClientStore {
  let schema = built;
  let turn: Promise<unknown> = Promise.resolve();
  let tidying: Promise<void> = Promise.resolve();
  const closing = new AbortController();

  /** One transaction, flushed to the file system before it counts as done: PGlite's own transactions are not [A1]. */
  async function transact<T>(work: (sql: StoreTransaction) => Promise<T>): Promise<T> {
    const result = await transactUnflushed(work);
    await pg.syncToFs();
    return result;
  }

  async function transactUnflushed<T>(work: (sql: StoreTransaction) => Promise<T>): Promise<T> {
    try {
      return await pg.transaction((tx) => work({ raw: tx, query: (sql, params) => exchangeText(pg, sql, params) }));
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }

  /**
   * The same in replica role, in which capture is silent; the role ends with the transaction. `work` is told whether anything is pending, and
   * returns what changed, in about so many `rows`.
   */
  function transactAsReplica(
    work: (sql: StoreTransaction, anyPending: boolean) => Promise<ReplicaChange>,
    rows = Infinity,
  ): Promise<StoreSummary> {
    return transact(async (sql) => {
      const anyPending = await becomeReplica(sql, rows);
      return finishReplica(sql, await work(sql, anyPending));
    });
  }

  async function settle(sql: StoreTransaction, results: readonly MutationResult[]): Promise<ReplicaChange> {
    const touched = await takeAcks(sql, schema, results);
    await rebaseTouched(sql, schema, touched);
    return { position: null, changedAt: new Map(), tables: touchedTables(schema, touched) };
  }

  /** The schema changes within the transaction, so that nobody sees the one without the other. */
  async function transactSchema(
    work: (sql: StoreTransaction, anyPending: boolean) => Promise<ReplicaChange & { readonly schema: SchemaMeta }>,
  ): Promise<StoreSummary> {
    const before = schema;
    const summary = await transactUnflushed(async (sql) => {
      // In the role of a replica: the statements of a step are nobody's writes, whatever triggers the app has.
      const anyPending = await becomeReplica(sql, Infinity);
      const changed = await work(sql, anyPending);
      const result = await finishReplica(sql, changed);
      schema = changed.schema;
      return result;
    }).catch((error: unknown) => {
      schema = before;
      throw error;
    });
    await pg.syncToFs();
    return summary;
  }

  /** Steps of the schema, and the transaction that they are part of; by themselves, without one. */
  async function takeSteps(
    steps: readonly SchemaStep[],
    { transaction, byApp = false }: { readonly transaction: ReceivedTransaction | null; readonly byApp?: boolean },
  ): Promise<StoreSummary> {
    let current = must(steps[0], 'at least one step');
    try {
      return await transactSchema(async (sql, anyPending) => {
        const stepped = new Set<string>();
        const changed = new Set<string>();
        const notice = (tables: readonly TableMeta[]) => tables.forEach(({ name }) => changed.add(name));
        let now = schema;
        for (const step of steps) {
          current = step;
          const taken = await takeStep(sql, now, { step, anyPending });
          await (byApp ? noteRolledBack(sql, step) : noteTaken(sql, step));
          now = taken.schema;
          notice(taken.tables);
          for (const { name } of taken.tables) stepped.add(name);
        }
        // What the stream has brought in the earlier schema may lack what this one has: until all rows are read anew, nobody knows what they are.
        if (!transaction && !byApp) await sql.query('update sync.state set scope = null');
        notice(await applyTransactions(sql, now, transaction ? [transaction] : [], anyPending));
        if (anyPending) notice(await rebaseAll(sql, now));
        return {
          schema: now,
          position: transaction?.position ?? null,
          changedAt: transaction ? changedAtStep(stepped, transaction) : new Map(),
          tables: now.tables.filter(({ name }) => changed.has(name)),
        };
      });
    } catch (error) {
      if (error instanceof SyncError && error.retry === 'resync') throw error;
      const failed = current;
      const message = `${failed.migration.name} was not taken: ${errorText(error)}`;
      if (transaction)
        await transact((sql) => noteFailed(sql, failed, message)).catch((later: unknown) =>
          logger.error('a failed migration could not be noted', { error: later }),
        );
      throw new SyncError('migration-failed', message, { cause: error });
    }
  }

  /** One after another, in the order of the calls: these change base rows. Others go on while a hydration loads. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  /** For the planner, and against a log that grows. Nobody waits for it, and the first queries over the new rows do not wait behind it. */
  function tidyUp(loaded: readonly string[]): void {
    const analyze = loaded.length === 0 ? '' : `analyze ${loaded.map(quoteTable).join(', ')};`;
    const before = tidying;
    tidying = clock
      .sleep(TIDY_AFTER_MS, closing.signal)
      .catch(() => undefined) // it is being closed: then at once
      .then(() => before)
      .then(() => pg.exec(`${analyze} checkpoint`))
      .then(
        () => undefined,
        (error: unknown) => logger.warn('the database could not be tidied up', { error }),
      );
  }

  const hydrating = {
    isLive: async () => (await transactUnflushed(readSummary)).position !== null,
    transactUnflushed,
    transactAsReplica,
    checkpoint: async () => void (await pg.exec('checkpoint')),
    makeRoom: () => pg.syncToFs(),
    rest: () => clock.sleep(0),
  };

  return {
    open: async () => {
      await pg.exec(PIN_SESSION);
      return transact(async (sql) => {
        schema = await prepareDatabase(sql, built, newClientId);
        const state = must(
          (await sql.query('select client_id, outbox_epoch from sync.state')).rows[0],
          'sync.state has a row',
        );
        return {
          clientId: text(state, 'client_id'),
          outboxEpoch: state['outbox_epoch'] ?? null,
          summary: await readSummary(sql),
        };
      });
    },
    summary: () => transact(readSummary),
    schema: () => schema,
    onLocalWrite: (listener) => {
      const listening = pg.listen(OUTBOX_CHANNEL, listener);
      listening.catch((error: unknown) => logger.error('not told of local writes', { error }));
      return () => void listening.then((end) => end()).catch(() => undefined); // a closed database tells nothing anyway
    },
    registered: (epoch) =>
      transact(async (sql) => {
        await sql.query('update sync.state set outbox_epoch = coalesce(outbox_epoch, $1::uuid)', [epoch]);
      }),
    apply: (transactions) =>
      inTurn(() => {
        const [first] = transactions;
        if (first && first.steps.length > 0) {
          assert(transactions.length === 1, 'a transaction with a step is applied by itself');
          return takeSteps(first.steps, { transaction: first });
        }
        return transactAsReplica(
          async (sql, anyPending) => ({
            tables: await applyTransactions(sql, schema, transactions, anyPending),
            position: transactions.at(-1)?.position ?? null,
            changedAt: changedTables(transactions),
          }),
          transactions.reduce((rows, { changes }) => rows + changes.length, 0),
        );
      }),
    migrate: (step, { byApp }) => inTurn(() => takeSteps([step], { transaction: null, byApp })),
    adopt: (next) =>
      inTurn(() =>
        transactSchema(async (sql, anyPending) => {
          await replaceSchema(sql, changeBetween(schema, next), anyPending);
          await forgetWaiting(sql);
          if (anyPending) await rebaseAll(sql, next);
          return { schema: next, position: null, changedAt: new Map(), tables: next.tables };
        }),
      ),
    migrations: () => transact(readMigrations),
    hydrate: (hydration) =>
      inTurn(async () => {
        const summary = await hydrate({ ...hydrating, schema, logger }, hydration);
        tidyUp(hydration.tables.map((load) => load.name));
        return summary;
      }),
    tableStates: (names) =>
      inTurn(() =>
        transact(async (sql) => {
          const states: TableState[] = [];
          for (const name of names) states.push(await tableState(sql, knownTable(schema, name)));
          return states;
        }),
      ),
    outbox: (limits) =>
      transact(async (sql) => {
        const state = must((await sql.query('select outbox_epoch from sync.state')).rows[0], 'sync.state has a row');
        return {
          epoch: text(state, 'outbox_epoch'),
          schema,
          mutations: batchOf(await readPending(sql, limits.mutations), limits),
        };
      }),
    answer: (results) =>
      transact(async (sql) => {
        for (const result of results) {
          await sql.query('update sync.client_mutation set answer = $2::jsonb, mutation_id = $3 where tx_id = $1', [
            result.txId,
            JSON.stringify(result),
            String(result.mutationId),
          ]);
        }
        return readSummary(sql);
      }),
    settle: (results) => inTurn(() => transactAsReplica((sql) => settle(sql, results), results.length)),
    reconcile: (conflict) =>
      transact(async (sql) => {
        const pending = reconcile(await readPending(sql), conflict);
        await sql.query(
          `update sync.client_mutation m set mutation_id = x.id, answer = nullif(x.answer, 'null'::jsonb)
           from json_to_recordset($1::json) as x (tx uuid, id bigint, answer jsonb) where m.tx_id = x.tx`,
          [JSON.stringify(pending.map(({ txId, mutationId, answer }) => ({ tx: txId, id: mutationId, answer })))],
        );
        const last = Math.max(conflict.lastMutationId, ...pending.map((mutation) => mutation.mutationId));
        await sql.query('update sync.state set outbox_epoch = $1, last_mutation = $2', [conflict.epoch, String(last)]);
        return readSummary(sql);
      }),
    pending: () => transact((sql) => readPending(sql)),
    rejected: (): Promise<readonly RejectedMutation[]> => transact(readRejected),
    dispose: (txId) =>
      transact(async (sql) => {
        await sql.query('delete from sync.rejected where tx_id = $1', [txId]);
        return readSummary(sql);
      }),
    close: async () => {
      closing.abort();
      await tidying;
      await pg.close();
    },
  };
}
