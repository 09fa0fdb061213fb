import { beginEpoch, readReplicationState, type HistoryHead, type ReplicationState } from '@millrace/change-history';
import {
  SyncError,
  chainStart,
  maxLsn,
  type Lsn,
  type Position,
  type Random,
  type SqlConnection,
} from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { DecoderName } from '../output-plugin.js';
import { confirmedState, type ConfirmedState, type ConfirmedStore } from '../confirmed-store.js';
import { breachOf, type EpochCause } from './continuity.js';
import { knownColumns } from './known-columns.js';
import { addLateTables, completePublication, readPublication, rejoined, type PublicationFacts } from './publication.js';
import {
  checkSystem,
  createSlot,
  dropSlot,
  readSlot,
  readSystem,
  type SlotFacts,
  type SystemFacts,
} from './slot-facts.js';

export interface OpenHistoryOptions {
  readonly schema: SchemaMeta;
  readonly slot: string;
  readonly publication: string;
  readonly decoder: DecoderName;
  readonly store: ConfirmedStore;
  readonly random: Random;
}

export interface OpenedHistory {
  readonly head: HistoryHead;
  readonly slotTarget: Lsn;
  readonly slot: SlotFacts;
  readonly system: SystemFacts;
  /** Set if an epoch had to begin. */
  readonly cause: EpochCause | null;
  /** The columns of the synced tables, as history knows them. */
  readonly columns: ReadonlyMap<string, string>;
}

/**
 * Before anything is read or served: proves that history goes on where it stands, or begins a new epoch [E1, E2]. The result is in the writer's own
 * storage when this resolves, so that everything up to `head` may be served [H5].
 */
export async function openHistory(sql: SqlConnection, options: OpenHistoryOptions): Promise<OpenedHistory> {
  const system = await readSystem(sql);
  checkSystem(system);
  const publication = await readPublication(sql, options);
  checkPublication(publication, options);
  const known = await options.store.loadMemberships();
  const back = rejoined(publication, known);
  const slot = await readSlot(sql, options.slot);
  const stored = await options.store.load();
  const state = await readReplicationState(sql, options.slot);
  checkSlot(slot, { decoder: options.decoder, ours: state !== null });
  const facts = {
    stored,
    state,
    slot,
    decoder: options.decoder,
    system,
    publication,
    late: [...publication.missing, ...back],
    ...(await proofs(sql, stored, state)),
  };
  const cause = breachOf(facts);
  const opened = cause === null ? adopt(facts) : await renew(sql, options, { ...facts, cause });
  await options.store.save(confirmedState(opened.head.position, opened.slotTarget));
  if (cause === null) await takeInLate(sql, options, { publication, back, known });
  return { ...opened, columns: await knownColumns(sql, { ...options, fresh: cause !== null }) };
}

/** What is remembered comes after the request for a fill: the other way round, a crash between would lose what the stream lacks (I12). */
async function takeInLate(
  sql: SqlConnection,
  options: OpenHistoryOptions,
  { publication, back, known }: { publication: PublicationFacts; back: readonly string[]; known: unknown },
): Promise<void> {
  const { missing, memberships } = publication;
  if (missing.length + back.length === 0 && known !== null) return;
  const held = missing.length + back.length > 0 ? await addLateTables(sql, options, { missing, back }) : null;
  // Of the others what was seen before: whatever has happened to them since is found by the next look.
  const late = new Set([...missing, ...back]);
  await options.store.saveMemberships(
    new Map([...memberships, ...[...(held ?? [])].filter(([table]) => late.has(table))]),
  );
}

function checkPublication({ leavesOut }: PublicationFacts, { publication }: OpenHistoryOptions): void {
  if (leavesOut === null) return;
  throw new SyncError(
    'database-misconfigured',
    `the publication ${publication} leaves changes out: ${leavesOut}. Let it publish every row and operation of the synced tables`,
  );
}

interface Known {
  readonly stored: ConfirmedState | null;
  readonly state: ReplicationState | null;
  readonly slot: SlotFacts | null;
  readonly system: SystemFacts;
}

/** A slot of that name which is not ours is not taken over. One that we have read with another decoder is: it is made anew. */
function checkSlot(slot: SlotFacts | null, { decoder, ours }: { decoder: DecoderName; ours: boolean }): void {
  if (!slot || (slot.ownDatabase && (slot.plugin === decoder || (ours && isDecoder(slot.plugin))))) return;
  throw new SyncError(
    'database-misconfigured',
    `a replication slot named ${slot.name} exists with plug-in ${slot.plugin}, or for another database: choose another name`,
  );
}

function isDecoder(plugin: string): plugin is DecoderName {
  return plugin === 'pgoutput' || plugin === 'wal2json';
}

async function proofs(sql: SqlConnection, stored: ConfirmedState | null, state: ReplicationState | null) {
  return {
    storedInHistory: stored !== null && (await isInHistory(sql, stored)),
    headInHistory: state !== null && (await isInHistory(sql, state.position)),
    epochUntouched: state !== null && state.position.chain === chainStart(state.position.epoch),
  };
}

/** Whether a transaction of this history, or its epoch's start, ends at exactly this position. */
async function isInHistory(sql: SqlConnection, position: Position): Promise<boolean> {
  const { rows } = await sql.query(
    `select (select chain from sync.change_history where epoch = $1 and seq = $2) as chain,
       (select first_seq from sync.epoch where epoch = $1) as first_seq`,
    [position.epoch, position.seq.toString()],
  );
  const { chain, first_seq: firstSeq } = rows[0] ?? {};
  if (firstSeq && BigInt(firstSeq) === position.seq + 1n) return position.chain === chainStart(position.epoch);
  return chain === position.chain;
}

/** The history in the database may be ahead of the writer's own storage by what was persisted right before a crash. */
function adopt({ stored, state, slot, system }: Known): Omit<OpenedHistory, 'columns'> {
  if (!state || !slot) throw new SyncError('assertion-failed', 'a proven history has its state and its slot');
  const { position, lastCommitLsn, lastEndLsn } = state;
  const slotTarget = maxLsn(lastEndLsn, stored?.slotTarget ?? lastEndLsn);
  return { head: { position, lastCommitLsn, lastEndLsn }, slotTarget, slot, system, cause: null };
}

/** The old slot goes first, so that the new one's consistent point is where the new epoch starts and nothing in between is claimed to be known. */
async function renew(
  sql: SqlConnection,
  options: OpenHistoryOptions,
  known: Known & { readonly cause: EpochCause },
): Promise<Omit<OpenedHistory, 'columns'>> {
  const { stored, state, system, cause } = known;
  await completePublication(sql, options);
  // Before the slot is there: what happens to the publication after this look is within what the next one compares.
  await options.store.saveMemberships((await readPublication(sql, options)).memberships);
  if (known.slot) await dropSlot(sql, options.slot);
  const startLsn = await createSlot(sql, options.slot, options.decoder);
  const afterSeq = maxSeq(stored?.seq ?? 0n, state?.position.seq ?? 0n);
  await beginEpoch(sql, {
    slot: options.slot,
    epoch: options.random.uuid(),
    cause,
    afterSeq,
    startLsn,
    systemIdentifier: system.systemIdentifier,
    timeline: system.timeline,
    schemaVersion: options.schema.version,
  });
  const begun = await readReplicationState(sql, options.slot);
  const slot = await readSlot(sql, options.slot);
  return { ...adopt({ stored: null, state: begun, slot, system }), cause };
}

function maxSeq(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
