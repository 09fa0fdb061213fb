import { must, positionFromJson, SyncError, type Position, type Random, type Row } from '@millrace/kernel';
import { keyText, type TableMeta } from '@millrace/schema-meta';
import type { MutationResult } from '@millrace/sync-protocol';
import { assemblyAt } from '../core/assembly.js';
import { affect, foldChanges, knownTable } from '../core/fold-changes.js';
import { batchOf } from '../core/outbox-batch.js';
import { reasonOf, type PendingChange, type PendingMutation } from '../core/pending-mutation.js';
import type { ClientStore, StoreSummary } from '../core/ports/client-store.js';
import type { SnapshotPart } from '@millrace/hydration';
import { rebase } from '../core/rebase.js';
import type { ReceivedTransaction } from '../core/received-transaction.js';
import { reconcile } from '../core/reconcile.js';
import { assembleTail } from '../core/snapshot-tail.js';
import { summaryOf } from '../core/summary.js';
import { captureWrite } from './fake-capture.js';
import type { FakeContent, FakeDatabase } from './fake-database.js';
import { decodeFakeRows } from './fake-rows.js';
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

type Base = ReadonlyMap<string, ReadonlyMap<string, Row>>;

export function fakeClientStore(database: FakeDatabase, options: FakeClientStoreOptions): FakeClientStore {
  const { schema } = database;
  const listeners = new Set<() => void>();
  let last: Promise<unknown> = Promise.resolve();
  let crashed = false;

  /** One transaction after another; its new content replaces the old at once. */
  function transact(work: (content: FakeContent) => FakeContent | Promise<FakeContent>): Promise<StoreSummary> {
    const result = last.then(async () => {
      const next = await work(database.content);
      await options.pause?.();
      if (crashed) return new Promise<never>(() => undefined);
      database.content = next;
      return summaryOf({ ...next, rejected: next.rejected.length });
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
      const table = knownTable(schema, write.table);
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

  async function load(
    snapshot: AsyncIterable<SnapshotPart>,
  ): Promise<{ base: Base; transactions: ReceivedTransaction[]; position: Position }> {
    const base = new Map<string, Map<string, Row>>();
    const transactions: ReceivedTransaction[] = [];
    const bytes: Uint8Array[] = [];
    let table: TableMeta | null = null;
    let assembly = assemblyAt(0n);
    let position: Position | null = null;
    for await (const part of snapshot) {
      if (part.kind === 'header') assembly = assemblyAt(positionFromJson(part.position).seq);
      if (part.kind === 'table') base.set((table = knownTable(schema, part.name)).name, new Map());
      if (part.kind === 'rows') bytes.push(part.bytes);
      if (part.kind === 'table-end') {
        const into = must(table, 'rows follow a table');
        for (const row of decodeFakeRows(bytes.splice(0))) base.get(into.name)?.set(keyText(into, row), row);
      }
      if (part.kind === 'end') position = positionFromJson(part.position);
      if (part.kind === 'tail') {
        const piece = assembleTail(assembly, part.messages);
        assembly = piece.assembly;
        transactions.push(...piece.transactions);
      }
    }
    if (position === null) throw new SyncError('snapshot-corrupt', 'snapshot without an end');
    return { base, transactions, position };
  }

  return {
    open: () =>
      transact((content) => content).then((summary) => ({
        clientId: database.clientId,
        outboxEpoch: database.content.outboxEpoch,
        summary,
      })),
    summary: () => transact((content) => content),
    onLocalWrite: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    registered: async (epoch) => {
      await transact((content) => ({ ...content, outboxEpoch: content.outboxEpoch ?? epoch }));
    },
    apply: (transactions) => transact((content) => applyTo(content, transactions)),
    hydrate: async (snapshot) => {
      const loaded = await load(snapshot);
      return transact((content) => ({
        ...applyTo({ ...content, base: loaded.base }, loaded.transactions),
        position: loaded.position,
      }));
    },
    outbox: async (limits) => {
      await transact((content) => content);
      const { outboxEpoch, pending } = database.content;
      return {
        epoch: must(outboxEpoch, 'an outbox is read only of a registered client'),
        mutations: batchOf(pending, limits),
      };
    },
    answer: (results) =>
      transact((content) => {
        const pending = content.pending.map((mutation) => answered(mutation, results));
        return { ...content, pending: pending.sort((a, b) => a.mutationId - b.mutationId) };
      }),
    settle: (results) => transact((content) => settled(content, results)),
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
      const rows = [...visible(database.content, knownTable(schema, name))].filter(
        (entry): entry is [string, Row] => entry[1] !== null,
      );
      return rows.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    },
    crash: () => {
      crashed = true;
    },
  };

  function applyTo(content: FakeContent, transactions: readonly ReceivedTransaction[]): FakeContent {
    const base = new Map(content.base);
    for (const effect of foldChanges(
      schema,
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
    return settled({ ...content, base, position }, acks);
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
    rejected: [...content.rejected, ...rejected],
  };
}
