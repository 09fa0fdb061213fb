import {
  beginEpoch,
  catalogueAtHead,
  readCatalogue,
  readReplicationState,
  type HistoryHead,
  type RecordedCatalogue,
  type ReplicationState,
} from '@millrace/change-history';
import {
  SyncError,
  chainStart,
  maxLsn,
  type Lsn,
  type Position,
  type Random,
  type SqlConnection,
} from '@millrace/kernel';
import { inForce, schemaOfVersion } from '@millrace/schema-compat';
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
  /** In force in a database whose catalogue has no step. */
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
  /** In force at `head` [M2]. */
  readonly schema: SchemaMeta;
  /** All that the database has taken: the stream may bring the last steps of it yet. */
  readonly catalogue: RecordedCatalogue;
  /** What of it lies at or below `head`. */
  readonly atHead: RecordedCatalogue;
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
  const stored = await options.store.load();
  const state = await readReplicationState(sql, options.slot);
  const catalogue = await readCatalogue(sql, options.schema);
  const atHead = state ? await catalogueAtHead(sql, catalogue, headOf(state)) : catalogue;
  const schema = schemaAt(atHead, catalogue, state);
  // While the database is ahead by a migration, its catalog cannot be compared with history: the stream has yet to bring what explains it.
  const isAhead = atHead.steps.length < catalogue.steps.length;
  const checked = isAhead ? { ...options, schema: { ...schema, tables: [] } } : { ...options, schema };
  const publication = await readPublication(sql, checked);
  checkPublication(publication, options);
  const known = await options.store.loadMemberships();
  const back = rejoined(publication, known);
  const slot = await readSlot(sql, options.slot);
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
  const opened =
    cause === null ? { ...adopt(facts), schema, catalogue, atHead } : await renew(sql, options, { ...facts, cause });
  await options.store.save(confirmedState(opened.head.position, opened.slotTarget));
  if (cause === null) await takeInLate(sql, checked, { publication, back, known });
  const columns =
    cause === null && isAhead
      ? ((await options.store.loadSignatures()) ?? new Map<string, string>())
      : await knownColumns(sql, { ...options, schema: opened.schema, fresh: cause !== null });
  return { ...opened, columns };
}

function headOf({ position, schemaVersion }: ReplicationState) {
  return { epoch: position.epoch, schemaVersion };
}

/** In force where history stands: of a server that had no catalogue yet, the schema that a later step continues, or the one that it was built with. */
function schemaAt(atHead: RecordedCatalogue, catalogue: RecordedCatalogue, state: ReplicationState | null): SchemaMeta {
  if (!state || inForce(atHead).version === state.schemaVersion) return inForce(atHead);
  return schemaOfVersion(catalogue, state.schemaVersion) ?? inForce(atHead);
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
function adopt({
  stored,
  state,
  slot,
  system,
}: Known): Omit<OpenedHistory, 'columns' | 'schema' | 'catalogue' | 'atHead'> {
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
  const { startLsn, catalogue } = await newSlot(sql, options, known.slot !== null);
  const schema = inForce(catalogue);
  const afterSeq = maxSeq(stored?.seq ?? 0n, state?.position.seq ?? 0n);
  await beginEpoch(sql, {
    slot: options.slot,
    epoch: options.random.uuid(),
    cause,
    afterSeq,
    startLsn,
    systemIdentifier: system.systemIdentifier,
    timeline: system.timeline,
    schemaVersion: schema.version,
  });
  const begun = await readReplicationState(sql, options.slot);
  const slot = await readSlot(sql, options.slot);
  return { ...adopt({ stored: null, state: begun, slot, system }), cause, schema, catalogue, atHead: catalogue };
}

/** How often a slot is made again because a migration came at that very moment. */
const SLOT_TRIES = 10;

/**
 * A slot, and the catalogue as it was at the slot's consistent point: no step that is in it comes in the stream, and every other one does [M2]. A migration
 * that commits while the slot is made is on either side of it, nobody knows which: then it is made again.
 */
async function newSlot(sql: SqlConnection, options: OpenHistoryOptions, isThere: boolean) {
  let toDrop = isThere;
  for (let tries = 0; tries < SLOT_TRIES; tries++) {
    const catalogue = await readCatalogue(sql, options.schema);
    const schema = inForce(catalogue);
    await completePublication(sql, { ...options, schema });
    // Before the slot is there: what happens to the publication after this look is within what the next one compares.
    await options.store.saveMemberships((await readPublication(sql, { ...options, schema })).memberships);
    if (toDrop) await dropSlot(sql, options.slot);
    const startLsn = await createSlot(sql, options.slot, options.decoder);
    toDrop = true;
    const after = await readCatalogue(sql, options.schema);
    if (after.steps.at(-1)?.ordinal === catalogue.steps.at(-1)?.ordinal) return { startLsn, catalogue };
  }
  throw new SyncError('database-unavailable', 'migrations follow one another too fast to begin a history between them');
}

function maxSeq(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
