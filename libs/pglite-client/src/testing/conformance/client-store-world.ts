import type { Position, Row } from '@millrace/kernel';
import type { MutationResult, PushConflict, RowChange, ServerMessage } from '@millrace/sync-protocol';
import type { TableHash } from '@millrace/hydration';
import { knownTable } from '../../core/fold-changes.js';
import type { ChunkLoad, ClientStore, Hydration, TableLoad } from '../../core/ports/client-store.js';
import type { ReceivedTransaction } from '../../core/received-transaction.js';
import { conformanceSchema } from '../conformance-schema.js';
import type { LocalWrite } from '../local-write.js';

/** What a store has to bring to be tested: its durable half, and a way to write and read beside the protocol. */
export interface ClientStoreHarness {
  /** A store on the same durable data; an earlier one is not used any more, as after a crash. */
  open(): Promise<ClientStore>;
  /** One local transaction. */
  write(...writes: readonly LocalWrite[]): Promise<void>;
  /** What a query shows, in key order, all columns. */
  rows(table: string): Promise<readonly Row[]>;
  /** The bytes of a chunk in the binary format. */
  encodeRows(table: string, rows: readonly Row[]): Promise<Uint8Array<ArrayBuffer>>;
  /** The hash that the store gives a table with these base rows. */
  hashRows(table: string, rows: readonly Row[]): Promise<TableHash>;
}

export const EPOCH = '00000000-0000-4000-8000-00000000e001';
export const OTHER_EPOCH = '00000000-0000-4000-8000-00000000e002';

export function at(seq: number, epoch = EPOCH): Position {
  return { epoch, seq: BigInt(seq), chain: seq.toString(16).padStart(32, '0') };
}

export function uuid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString().padStart(12, '0')}`;
}

/** A row of `items`. */
export function item(n: number, more: Row = {}): Row {
  return { id: uuid(n), name: `item ${n}`, amount: '1', version: '1', ...more };
}

export function put(row: Row, table = 'items'): RowChange {
  return { op: 'put', table, row };
}

export function patch(n: number, set: Row): RowChange {
  return { op: 'patch', table: 'items', key: { id: uuid(n) }, set };
}

export function remove(n: number): RowChange {
  return { op: 'remove', table: 'items', key: { id: uuid(n) } };
}

export function transaction(
  seq: number,
  changes: readonly RowChange[],
  ack: MutationResult | null = null,
): ReceivedTransaction {
  return { position: at(seq), steps: [], changes, ack };
}

export function verdict(
  mutation: { mutationId: number; txId: string },
  word: MutationResult['verdict'] = 'accepted',
): MutationResult {
  const reason = word === 'rejected' ? { code: 'unique', message: 'taken' } : null;
  return { mutationId: mutation.mutationId, txId: mutation.txId, verdict: word, reason };
}

export function conflict(lastMutationId: number, known: readonly MutationResult[], epoch = EPOCH): PushConflict {
  const code = epoch === EPOCH ? 'mutation-order' : 'epoch-changed';
  return { code, message: 'elsewhere', epoch, lastMutationId, known: [...known] };
}

/** Local writes of `items`. */
export function update(n: number, set: Row): LocalWrite {
  return { operation: 'update', table: 'items', key: { id: uuid(n) }, set };
}

export function insert(n: number, more: Row = {}): LocalWrite {
  return { operation: 'insert', table: 'items', row: { id: uuid(n), name: `mine ${n}`, amount: '5', ...more } };
}

export function deletion(n: number): LocalWrite {
  return { operation: 'delete', table: 'items', key: { id: uuid(n) } };
}

/** Rows of some tables, by name. */
export type RowsByTable = Readonly<Record<string, readonly Row[]>>;

export interface HydrationOptions {
  /** Where it ends: the cursor. */
  readonly seq: number;
  readonly tail?: readonly ReceivedTransaction[];
  readonly scope?: string;
  readonly onProgress?: (rows: number) => void;
}

/** Replaces the rows of the tables that `rows` names; the first row of each is a chunk of its own. */
export async function hydration(
  harness: Pick<ClientStoreHarness, 'encodeRows' | 'hashRows'>,
  rows: RowsByTable,
  { seq, tail = [], scope = 'scope-1', onProgress = () => undefined }: HydrationOptions,
): Promise<Hydration> {
  const tables: TableLoad[] = [];
  for (const [name, some] of Object.entries(rows)) tables.push(await tableLoad(harness, name, some));
  return { tables, tail, position: at(seq), scope, onProgress };
}

/** {@link hydration} of every table of {@link conformanceSchema}; a table that `rows` does not name has no rows. */
export function wholeHydration(
  harness: Pick<ClientStoreHarness, 'encodeRows' | 'hashRows'>,
  rows: RowsByTable,
  options: HydrationOptions,
): Promise<Hydration> {
  const all = Object.fromEntries(conformanceSchema.tables.map(({ name }) => [name, rows[name] ?? []]));
  return hydration(harness, all, options);
}

async function tableLoad(
  harness: Pick<ClientStoreHarness, 'encodeRows' | 'hashRows'>,
  name: string,
  rows: readonly Row[],
): Promise<TableLoad> {
  const table = knownTable(conformanceSchema, name);
  const chunks: ChunkLoad[] = [];
  for (const some of [rows.slice(0, 1), rows.slice(1)]) {
    const bytes = await harness.encodeRows(name, some);
    if (some.length > 0) chunks.push({ rows: some.length, read: () => Promise.resolve(bytes) });
  }
  return {
    name,
    format: 'binary',
    columns: table.columns.map((column) => column.name),
    rows: rows.length,
    hash: await harness.hashRows(name, rows),
    chunks,
  };
}

/** Frames of one transaction. */
export function frames(
  from: number,
  to: number,
  changes: readonly RowChange[],
  mutation: MutationResult | null = null,
): readonly ServerMessage[] {
  return [
    { type: 'begin', from: String(from), time: null },
    { type: 'changes', changes: [...changes] },
    { type: 'commit', position: { epoch: EPOCH, seq: String(to), chain: at(to).chain }, mutation },
  ];
}
