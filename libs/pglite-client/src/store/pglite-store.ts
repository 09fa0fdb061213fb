import type { PGlite } from '@electric-sql/pglite';
import { must, type Clock, type Logger } from '@millrace/kernel';
import { quoteTable, type SchemaMeta } from '@millrace/schema-meta';
import type { MutationResult } from '@millrace/sync-protocol';
import { batchOf } from '../core/outbox-batch.js';
import type { RejectedMutation } from '../core/pending-mutation.js';
import { knownTable } from '../core/fold-changes.js';
import type { ClientStore, StoreSummary, TableState } from '../core/ports/client-store.js';
import { reconcile } from '../core/reconcile.js';
import { applyTransactions, rebaseTouched, touchedTables } from './apply-transactions.js';
import { changedTables } from './changed-tables.js';
import { exchangeText } from './exchange-text.js';
import { hydrate } from './hydrate.js';
import { prepareDatabase } from './open-database.js';
import { readPending, text } from './outbox-rows.js';
import { sqlErrorOf } from './pglite-text.js';
import { readRejected } from './rejected-rows.js';
import { PIN_SESSION } from './session-settings.js';
import { OUTBOX_CHANNEL } from './sync-ddl.js';
import { tableState } from './table-states.js';
import { takeAcks } from './take-acks.js';
import type { StoreTransaction } from './text-sql.js';
import { becomeReplica, finishReplica, readSummary, type ReplicaChange } from './replica-role.js';

export interface PGliteStoreOptions {
  readonly pg: PGlite;
  readonly schema: SchemaMeta;
  /** Taken if the database is new. */
  readonly newClientId: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Between a load and what can wait after it: the app has its rows, and asks for what it shows first. */
const TIDY_AFTER_MS = 500;

/** The client's database on PGlite. The PGlite is the store's from `open` to `close`. */
export function pgliteStore({ pg, schema, newClientId, logger, clock }: PGliteStoreOptions): ClientStore {
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
        await prepareDatabase(sql, schema, newClientId);
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
      inTurn(() =>
        transactAsReplica(
          async (sql, anyPending) => ({
            tables: await applyTransactions(sql, schema, transactions, anyPending),
            position: transactions.at(-1)?.position ?? null,
            changedAt: changedTables(transactions),
          }),
          transactions.reduce((rows, { changes }) => rows + changes.length, 0),
        ),
      ),
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
