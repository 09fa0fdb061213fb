import {
  appendLarge,
  appendTransactions,
  type Appended,
  type CaptureSource,
  type CapturedTransaction,
  type HistoryHead,
  type HistoryTransaction,
  type RecordedStep,
} from '@millrace/change-history';
import {
  maxLsn,
  type Clock,
  type CreateHash,
  type Lsn,
  type Position,
  type SqlConnection,
  type SqlError,
} from '@millrace/kernel';
import { schemaBehind } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import { confirmedState, type ConfirmedStore } from './confirmed-store.js';
import type { FillMarks } from './fill-marks.js';
import { visiblePrefix } from './gate.js';
import type { DecodedTransaction } from './decoder.js';
import { PieceSource, firstPiece } from './pieces.js';
import { PoisonError, isPoisonous } from './poison.js';
import type { PumpItem, PumpQueue } from './pump-queue.js';
import type { SchemaInForce } from './schema-in-force.js';
import { requestStepFills } from './step-fills.js';
import { noteStepWritings } from './step-writings.js';
import { widenXid } from './xid8.js';

/** Told of what the pump has done, each after it is durable. */
export interface PumpObserver {
  /** What is about to be told as persisted holds these migrations. */
  stepped(steps: readonly RecordedStep[]): void;
  /** Persisted, stored and confirmed: the bells may ring [H4]. */
  persisted(transactions: readonly HistoryTransaction[], from: Position, to: Position): void;
  /** Everything that commits below `lsn` is persisted and visible. */
  passed(lsn: Lsn): void;
  /** A committed transaction is not visible yet, or is again. */
  gateWaiting(waiting: boolean): void;
}

export interface PumpOptions {
  readonly sql: SqlConnection;
  readonly queue: PumpQueue;
  readonly slot: string;
  readonly inForce: SchemaInForce;
  readonly source: CaptureSource;
  readonly head: HistoryHead;
  readonly slotTarget: Lsn;
  readonly fillMarks: FillMarks;
  /** A 64-bit transaction id of now. */
  readonly nearXid: bigint;
  readonly store: ConfirmedStore;
  /** These schemas were in force in what has just been persisted, one after the other; the last one is. */
  readonly switched: (schemas: readonly SchemaMeta[]) => Promise<void>;
  /** Moves the slot: by a status message or by an advance. */
  readonly confirm: (lsn: Lsn) => Promise<void>;
  /** How often the slot follows WAL that holds nothing of ours: each time costs a write to the store. */
  readonly idleConfirmMs: number;
  readonly observer: PumpObserver;
  readonly clock: Clock;
  /** Makes the chain; default: in JavaScript. */
  readonly createHash?: CreateHash;
  readonly signal: AbortSignal;
}

/** One turn's share: its insert stays a few MB, its latency some tens of ms, and its garbage is young: turns of 5,000 cost a twelfth more CPU. */
const TURN = { maxChanges: 2_000, maxBytes: 4 * 1024 * 1024 };
const GATE_FIRST_MS = 1;
const GATE_MOST_MS = 50;

/**
 * The serial pump [C7]: takes what readers decoded and carries it through gate [H1], duplicates [H2], history [H3], the writer's own storage, the slot and
 * the bells, in that order [H4]. Ends only by an error or by the signal.
 */
export async function runPump(options: PumpOptions): Promise<never> {
  const { queue, signal } = options;
  const state: PumpState = { ...options, idleConfirmedAt: Number.NEGATIVE_INFINITY, cancelRepeat: null };
  signal.addEventListener('abort', () => state.cancelRepeat?.(), { once: true });
  for (;;) {
    const items = await queue.take(TURN);
    await turn(state, items);
    queue.done();
    signal.throwIfAborted();
  }
}

interface PumpState extends PumpOptions {
  head: HistoryHead;
  slotTarget: Lsn;
  nearXid: bigint;
  idleConfirmedAt: number;
  /** Of the mark that comes again, see {@link repeatLater}. */
  cancelRepeat: (() => void) | null;
}

async function turn(pump: PumpState, items: readonly PumpItem[]): Promise<void> {
  const large = firstPiece(items);
  if (large >= 0) return turnWithLarge(pump, items, large);
  const through = throughOf(items);
  const all: CapturedTransaction[] = [];
  for (const item of items) {
    if (item.kind !== 'transaction') continue;
    if (hasStep(item.transaction)) await requestFills(pump, item.transaction);
    all.push(...captured(pump, item.transaction));
  }
  let waiting: readonly CapturedTransaction[] = all;
  if (waiting.length === 0) return reachIdle(pump, through, mustFollow(items));
  while (waiting.length > 0) {
    const visible = await passGate(pump, waiting);
    waiting = waiting.slice(visible.length);
    await persistAll(pump, visible, waiting.length === 0 ? through : (visible.at(-1) as CapturedTransaction).endLsn);
  }
}

/** A transaction that is not held in memory goes into history while it is being read (I11). */
async function turnWithLarge(pump: PumpState, items: readonly PumpItem[], at: number): Promise<void> {
  if (at > 0) await turn(pump, items.slice(0, at));
  const source = new PieceSource(items.slice(at), () => pump.queue.take(TURN));
  if (source.head.commitLsn <= pump.head.lastCommitLsn) await passOver(pump, source);
  else await persistLarge(pump, source);
  if (source.rest.length > 0) await turn(pump, source.rest);
}

/** It was persisted before a restart [H2]. */
async function passOver(pump: PumpState, source: PieceSource): Promise<void> {
  for await (const piece of source.pieces()) pump.fillMarks.mark(piece);
  await reachIdle(pump, source.endLsn, false);
}

async function persistLarge(pump: PumpState, source: PieceSource): Promise<void> {
  const { slot, inForce, createHash } = pump;
  const { commitLsn, commitTime } = source.head;
  const xid = widenXid(source.head.xid, pump.nearXid);
  pump.nearXid = xid;
  await passGate(pump, [{ xid, commitLsn, commitTime, endLsn: commitLsn, changes: [] }]);
  const tables = new Set<string>();
  const steps: RecordedStep[] = [];
  async function* pieces(tx: SqlConnection) {
    for await (const piece of source.pieces()) {
      if (hasStep(piece)) await requestFills(pump, piece, tx);
      const changes = pump.fillMarks.mark(piece);
      for (const { table, step } of changes) {
        tables.add(table);
        if (step) steps.push(step);
      }
      yield changes;
    }
    return source.endLsn;
  }
  const from = pump.head;
  const transaction = { xid, commitLsn, commitTime };
  try {
    const appended = await appendLarge(pump.sql, {
      slot,
      schema: inForce.schema,
      source: pump.source,
      createHash,
      from,
      transaction,
      pieces,
    });
    await announce(pump, appended, { through: source.endLsn, steps });
  } catch (error) {
    throw isPoisonous(error) ? unstorable(error, { xid, commitLsn, tables }) : error;
  }
}

/** Together; or, where the database refuses a value, one by one, so that the one that is refused is known [C9]. */
async function persistAll(pump: PumpState, transactions: readonly CapturedTransaction[], through: Lsn): Promise<void> {
  try {
    return await persist(pump, transactions, through);
  } catch (error) {
    if (!isPoisonous(error)) throw error;
  }
  for (const transaction of transactions) await persistAlone(pump, transaction);
}

async function persistAlone(pump: PumpState, transaction: CapturedTransaction): Promise<void> {
  try {
    await persist(pump, [transaction], transaction.endLsn);
  } catch (error) {
    if (!isPoisonous(error)) throw error;
    const tables = new Set(transaction.changes.map((change) => change.table));
    throw unstorable(error, { ...transaction, tables });
  }
}

function unstorable(
  error: SqlError,
  { xid, commitLsn, tables }: Pick<CapturedTransaction, 'xid' | 'commitLsn'> & { readonly tables: ReadonlySet<string> },
): PoisonError {
  return new PoisonError('decode-failed', `a transaction cannot be stored: ${error.message}`, {
    transaction: { xid: Number(xid & 0xffff_ffffn), commitLsn, tables: [...tables], payload: null },
    cause: error,
  });
}

/** How far the WAL is dealt with once these items are. The last one says it, unless that is a mark that came again. */
function throughOf(items: readonly PumpItem[]): Lsn {
  return items
    .map((item) => (item.kind === 'reached' ? item.lsn : item.transaction.endLsn))
    .reduce((furthest, lsn) => maxLsn(furthest, lsn));
}

/** The transaction with its 64-bit id; nothing for an empty one [C8] and for one that a restart delivered again [H2]. */
function captured(pump: PumpState, decoded: DecodedTransaction): readonly CapturedTransaction[] {
  const changes = pump.fillMarks.mark(decoded);
  if (changes.length === 0 || decoded.commitLsn <= pump.head.lastCommitLsn) return [];
  const xid = widenXid(decoded.xid, pump.nearXid);
  pump.nearXid = xid;
  const { commitLsn, endLsn, commitTime } = decoded;
  return [{ xid, commitLsn, endLsn, commitTime, changes }];
}

function hasStep({ changes }: DecodedTransaction): boolean {
  return changes.some(({ step }) => step !== undefined);
}

/** A migration that was recorded after the fact has changed nothing, and one that a restart delivered again has asked already [H2]. */
/** `sql`: the transaction that stores the migration, where one is open. */
async function requestFills(
  pump: PumpState,
  { changes, commitLsn }: DecodedTransaction,
  sql: SqlConnection = pump.sql,
): Promise<void> {
  if (commitLsn <= pump.head.lastCommitLsn) return;
  let { schema } = pump.fillMarks;
  for (const { step } of changes) {
    if (!step || schemaBehind(schema, step) === schema) continue;
    schema = schemaBehind(schema, step);
    await noteStepWritings(sql, pump.store, { schema, step });
    await requestStepFills(sql, step);
  }
}

/** Waits until the first of them is visible, and returns all that are, in order [H1]. */
async function passGate(
  pump: PumpState,
  waiting: readonly CapturedTransaction[],
): Promise<readonly CapturedTransaction[]> {
  const xids = waiting.map((transaction) => transaction.xid);
  let delay = GATE_FIRST_MS;
  for (let tries = 0; ; tries++) {
    const visible = await visiblePrefix(pump.sql, xids);
    if (visible > 0) {
      if (tries > 0) pump.observer.gateWaiting(false);
      return waiting.slice(0, visible);
    }
    pump.observer.gateWaiting(true);
    await pump.clock.sleep(delay, pump.signal);
    delay = Math.min(delay * 2, GATE_MOST_MS);
  }
}

/** The order of effects is the whole point [H4]: whatever breaks off in between is delivered again, and what was persisted is dropped by [H2]. */
async function persist(pump: PumpState, transactions: readonly CapturedTransaction[], through: Lsn): Promise<void> {
  const { slot, inForce, source, createHash, head: from } = pump;
  const { schema } = inForce;
  const appended = await appendTransactions(pump.sql, { slot, schema, source, createHash, from, transactions });
  const steps = transactions.flatMap(({ changes }) => changes.flatMap(({ step }) => step ?? []));
  await announce(pump, appended, { through, steps });
}

function schemasThrough(first: SchemaMeta, steps: readonly RecordedStep[]): readonly SchemaMeta[] {
  const schemas = [first];
  for (const step of steps) {
    const last = schemas.at(-1) as SchemaMeta;
    const next = schemaBehind(last, step);
    if (next !== last) schemas.push(next);
  }
  return schemas;
}

interface Announced {
  readonly through: Lsn;
  readonly steps: readonly RecordedStep[];
}

async function announce(pump: PumpState, appended: Appended, { through, steps }: Announced): Promise<void> {
  const from = pump.head.position;
  pump.head = appended.head;
  const schemas = schemasThrough(pump.inForce.schema, steps);
  pump.inForce.schema = appended.schema;
  if (schemas.length > 1) await pump.switched(schemas);
  await storeAndConfirm(pump, through);
  if (steps.length > 0) pump.observer.stepped(steps);
  pump.observer.persisted(appended.transactions, from, pump.head.position);
  pump.observer.passed(through);
}

/** Whether the slot has to follow now, however little it has moved. */
function mustFollow(items: readonly PumpItem[]): boolean {
  return items.some((item) => item.kind === 'reached' && item.follow === true);
}

/** Nothing of ours up to here: callers that wait for it go on; the slot follows now and then, so that Postgres can let go of its WAL [C8]. */
async function reachIdle(pump: PumpState, through: Lsn, follow: boolean): Promise<void> {
  pump.observer.passed(through);
  if (through <= pump.slotTarget) return;
  const dueInMs = pump.idleConfirmedAt + pump.idleConfirmMs - pump.clock.now();
  if (dueInMs > 0 && !follow) return repeatLater(pump, through, dueInMs);
  pump.idleConfirmedAt = pump.clock.now();
  await storeAndConfirm(pump, through);
}

/** The same mark again, when the slot may follow: the last one before a silence would else keep its WAL for as long as that lasts [F8]. */
function repeatLater(pump: PumpState, lsn: Lsn, afterMs: number): void {
  pump.cancelRepeat?.();
  pump.cancelRepeat = pump.clock.after(afterMs, () => {
    // It may have to wait for room; the end of the session ends that wait, and nobody needs the mark then.
    pump.queue.put({ kind: 'reached', lsn }).catch(() => undefined);
  });
}

async function storeAndConfirm(pump: PumpState, through: Lsn): Promise<void> {
  pump.slotTarget = maxLsn(pump.slotTarget, through);
  // After the marks that they gave rise to, and before their messages can be let go of: a crash in between finds them again.
  const signatures = pump.fillMarks.takeChanged();
  if (signatures) await pump.store.saveSignatures(signatures);
  await pump.store.save(confirmedState(pump.head.position, pump.slotTarget));
  await pump.confirm(pump.slotTarget);
}
