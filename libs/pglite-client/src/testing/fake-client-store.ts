import { must, SyncError, type Random, type Row } from '@millrace/kernel';
import { keyText, type TableMeta } from '@millrace/schema-meta';
import { changeBetween, changedTables as changedBy } from '@millrace/migrations-client';
import { schemaAfter, schemaBefore, type SchemaStep } from '@millrace/schema-compat';
import type { MutationResult } from '@millrace/sync-protocol';
import { affect, foldChanges, knownTable } from '../core/fold-changes.js';
import { batchOf } from '../core/outbox-batch.js';
import { reasonOf, type PendingChange, type PendingMutation, type RejectedMutation } from '../core/pending-mutation.js';
import type { ClientStore, Hydration, StoreSummary, TableLoad } from '../core/ports/client-store.js';
import { rebase } from '../core/rebase.js';
import type { ReceivedTransaction } from '../core/received-transaction.js';
import { reconcile } from '../core/reconcile.js';
import { summaryOf } from '../core/summary.js';
import { changedAtStep, changedTables } from '../store/changed-tables.js';
import { captureWrite } from './fake-capture.js';
import type { FakeContent, FakeDatabase } from './fake-database.js';
import { fakeAdopt, fakeStep, withMigration } from './fake-migrations.js';
import { decodeFakeRows } from './fake-rows.js';
import { fakeTableHash } from './fake-table-hash.js';
import type { LocalWrite } from './local-write.js';

export interface FakeClientStoreOptions {
  readonly random: Random;
  /** Awaited before each transaction commits: where a simulation delays or crashes. */
  readonly pause?: () => Promise<void>;
}

/** A {@link ClientStore} in memory that passes the same conformance suite as the one on PGlite. */
export interface FakeClientStore extends ClientStore {
  /** One local transaction; resolves to its txId, or null if it changed nothing. */
  write(writes: readonly LocalWrite[]): Promise<string | null>;
  /** What a query shows now: base + pending, in key order. */
  rows(table: string): readonly Row[];
  /** Ends the process: what has not committed never will, and no promise settles any more. */
  crash(): void;
}

type Rows = ReadonlyMap<string, Row>;
type Base = ReadonlyMap<string, Rows>;

export function fakeClientStore(database: FakeDatabase, options: FakeClientStoreOptions): FakeClientStore {
  const listeners = new Set<() => void>();
  let last: Promise<unknown> = Promise.resolve();
  let turn: Promise<unknown> = Promise.resolve();
  let crashed = false;

  /** One transaction after another; its new content replaces the old at once. */
  function transact(work: (content: FakeContent) => FakeContent | Promise<FakeContent>): Promise<StoreSummary> {
    const result = last.then(async () => {
      const next = await work(database.content);
      await options.pause?.();
      if (crashed) return new Promise<never>(() => undefined);
      database.content = next;
      return summaryOf({ ...next, schemaVersion: next.schema.version, rejected: next.rejected.length });
    });
    last = result.catch(() => undefined);
    return result;
  }

  function visible(content: FakeContent, table: TableMeta): Map<string, Row | null> {
    const changes = content.pending
      .flatMap((mutation) => mutation.changes)
      .filter((change) => change.table === table.name);
    return rebase(table, content.base.get(table.name) ?? new Map<string, Row>(), changes);
  }

  function record(content: FakeContent, writes: readonly LocalWrite[], txId: string): FakeContent {
    const mutationId = content.lastMutation + 1;
    const changes: PendingChange[] = [];
    const withChanges = (): FakeContent => ({
      ...content,
      lastMutation: mutationId,
      pending: [...content.pending, { mutationId, txId, changes, answer: null }],
    });
    for (const write of writes) {
      const table = knownTable(content.schema, write.table);
      const row =
        visible(withChanges(), table).get(keyText(table, write.operation === 'insert' ? write.row : write.key)) ?? null;
      const change = captureWrite(table, row, write);
      if (change) changes.push(change);
    }
    return changes.length === 0 ? content : withChanges();
  }

  async function write(writes: readonly LocalWrite[]): Promise<string | null> {
    const txId = options.random.uuid();
    await transact((content) => record(content, writes, txId));
    const recorded = database.content.pending.some((mutation) => mutation.txId === txId);
    if (recorded) for (const listener of listeners) listener();
    return recorded ? txId : null;
  }

  async function load(table: TableMeta, { chunks, hash, columns }: TableLoad, loaded: () => void): Promise<Rows> {
    checkColumns(table, columns);
    const rows = new Map<string, Row>();
    for (const chunk of chunks) {
      const some = decodeFakeRows(await chunk.read());
      if (some.length !== chunk.rows) throw corrupt(table, `a chunk of ${chunk.rows} rows has ${some.length}`);
      for (const row of some) {
        const key = keyText(table, row);
        if (rows.has(key)) throw corrupt(table, `two rows of one key ${key}`);
        rows.set(key, row);
        loaded();
      }
    }
    const found = fakeTableHash(table, rows.values());
    if (found.count !== hash.count || found.hash !== hash.hash) throw corrupt(table, 'its rows have another hash');
    return rows;
  }

  /** Chunk by chunk, while reads and local writes go on; then all at once. */
  async function hydrate({ tables, tail, position, scope, onProgress }: Hydration): Promise<StoreSummary> {
    const loaded = new Map<string, Rows>();
    let rows = 0;
    for (const table of tables)
      loaded.set(
        table.name,
        await load(knownTable(database.content.schema, table.name), table, () => onProgress((rows += 1))),
      );
    return transact((content) => {
      const base: Base = new Map([...content.base, ...loaded]);
      const changedAt = new Map(content.schema.tables.map((table) => [table.name, position.seq]));
      return { ...applyTo({ ...content, base }, tail), position, scope, changedAt };
    });
  }

  /** One after another, in the order of the calls: these change base rows. Others go on while a hydration loads. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  return {
    open: () =>
      transact((content) => content).then((summary) => ({
        clientId: database.clientId,
        outboxEpoch: database.content.outboxEpoch,
        summary,
      })),
    summary: () => transact((content) => content),
    schema: () => database.content.schema,
    onLocalWrite: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    registered: async (epoch) => {
      await transact((content) => ({ ...content, outboxEpoch: content.outboxEpoch ?? epoch }));
    },
    apply: (transactions) =>
      inTurn(() =>
        transact(async (content) => {
          let now = content;
          const [first] = transactions;
          for (const step of first?.steps ?? []) now = await take(now, step, false);
          const next = applyTo(now, transactions);
          if (!first || now.schema === content.schema) return next;
          const stepped = changedBy({ before: content.schema, after: now.schema }).made.map(({ name }) => name);
          return { ...next, changedAt: new Map([...next.changedAt, ...changedAtStep(stepped, first)]) };
        }),
      ),
    migrate: (step, { byApp }) =>
      inTurn(() =>
        transact(async (content) => {
          const next = await take(content, step, byApp);
          return byApp ? next : { ...next, scope: null };
        }),
      ),
    adopt: (schema) => inTurn(() => transact((content) => fakeAdopt(content, changeBetween(content.schema, schema)))),
    migrations: () => Promise.resolve(database.content.migrations),
    hydrate: (hydration) => inTurn(() => hydrate(hydration)),
    tableStates: (names) =>
      inTurn(async () => {
        await transact((content) => content);
        return names.map((name) => ({
          name,
          hash: fakeTableHash(
            knownTable(database.content.schema, name),
            database.content.base.get(name)?.values() ?? [],
          ),
          changedAt: database.content.changedAt.get(name) ?? 0n,
        }));
      }),
    outbox: async (limits) => {
      await transact((content) => content);
      const { outboxEpoch, pending, schema } = database.content;
      return {
        epoch: must(outboxEpoch, 'an outbox is read only of a registered client'),
        schema,
        mutations: batchOf(pending, limits),
      };
    },
    answer: (results) =>
      transact((content) => {
        const pending = content.pending.map((mutation) => answered(mutation, results));
        return { ...content, pending: pending.sort((a, b) => a.mutationId - b.mutationId) };
      }),
    settle: (results) => inTurn(() => transact((content) => settled(content, results))),
    reconcile: (conflict) =>
      transact((content) => {
        const pending = reconcile(content.pending, conflict);
        const lastMutation = Math.max(conflict.lastMutationId, ...pending.map((mutation) => mutation.mutationId));
        return { ...content, pending, lastMutation, outboxEpoch: conflict.epoch };
      }),
    pending: () => Promise.resolve(database.content.pending),
    rejected: () => Promise.resolve(database.content.rejected),
    dispose: (txId) =>
      transact((content) => ({ ...content, rejected: content.rejected.filter((each) => each.txId !== txId) })),
    close: async () => {
      await last;
    },
    write,
    rows: (name) => {
      const rows = [...visible(database.content, knownTable(database.content.schema, name))].filter(
        (entry): entry is [string, Row] => entry[1] !== null,
      );
      return rows.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    },
    crash: () => {
      crashed = true;
    },
  };

  async function take(content: FakeContent, step: SchemaStep, byApp: boolean): Promise<FakeContent> {
    const { name } = step.migration;
    const [has, from, to] = [content.schema.version, schemaBefore(step).version, schemaAfter(step).version];
    if (has !== from && has !== to)
      throw new SyncError('migration-failed', `${name} starts from ${from}, here is ${has}`);
    const next = await fakeStep(content, step);
    return { ...next, migrations: withMigration(next.migrations, step, { byApp }) };
  }

  function applyTo(content: FakeContent, transactions: readonly ReceivedTransaction[]): FakeContent {
    const base = new Map(content.base);
    for (const effect of foldChanges(
      content.schema,
      transactions.flatMap((transaction) => transaction.changes),
    )) {
      const rows = new Map(effect.truncated ? [] : base.get(effect.table.name));
      for (const [key, rowEffect] of effect.rows) {
        const row = affect(effect.table, rows.get(key) ?? null, rowEffect);
        if (row === null) rows.delete(key);
        else rows.set(key, row);
      }
      base.set(effect.table.name, rows);
    }
    const acks = transactions.flatMap((transaction) => (transaction.ack ? [transaction.ack] : []));
    const position = transactions.at(-1)?.position ?? content.position;
    const changedAt = new Map([...content.changedAt, ...changedTables(transactions)]);
    return settled({ ...content, base, position, changedAt }, acks);
  }
}

function answered(mutation: PendingMutation, results: readonly MutationResult[]): PendingMutation {
  const answer = results.find((result) => result.txId === mutation.txId);
  return answer ? { ...mutation, mutationId: answer.mutationId, answer } : mutation;
}

/** Acked mutations leave the outbox; refused ones are kept with their reason (I2). */
function settled(content: FakeContent, results: readonly MutationResult[]): FakeContent {
  const byTx = new Map(results.map((result) => [result.txId, result]));
  const rejected = content.pending.flatMap((mutation) => {
    const result = byTx.get(mutation.txId);
    if (result?.verdict !== 'rejected') return [];
    return [
      { txId: mutation.txId, mutationId: result.mutationId, reason: reasonOf(result), changes: mutation.changes },
    ];
  });
  return {
    ...content,
    pending: content.pending.filter((mutation) => !byTx.has(mutation.txId)),
    // What was refused here, since a migration left no words for it, the server may have taken on its way [M3].
    rejected: [...content.rejected.filter((each) => !isTaken(each, byTx.get(each.txId))), ...rejected],
  };
}

function isTaken({ reason }: RejectedMutation, result: MutationResult | undefined): boolean {
  return reason.code === 'schema-changed' && result !== undefined && result.verdict !== 'rejected';
}

function checkColumns(table: TableMeta, columns: readonly string[]): void {
  const expected = table.columns.map((column) => column.name);
  if ([...columns].sort().join() !== expected.sort().join()) throw corrupt(table, "other columns than the schema's");
}

function corrupt(table: TableMeta, what: string): SyncError {
  return new SyncError('snapshot-corrupt', `${table.name}: ${what}`);
}
