import type { Position, Row } from '@millrace/kernel';
import type { MutationResult, PushConflict, RowChange, ServerMessage } from '@millrace/sync-protocol';
import type { ClientStore } from '../../core/ports/client-store.js';
import type { SnapshotPart } from '@millrace/hydration';
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
  /** The bytes of a snapshot's `rows` part. */
  encodeRows(table: string, rows: readonly Row[]): Promise<Uint8Array>;
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
  return { position: at(seq), changes, ack };
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

/** A snapshot at `seq` whose tail leads to `end`. */
export async function* snapshot(
  harness: Pick<ClientStoreHarness, 'encodeRows'>,
  rows: Readonly<Record<string, readonly Row[]>>,
  {
    seq,
    end = seq,
    tail = [],
  }: { readonly seq: number; readonly end?: number; readonly tail?: readonly ServerMessage[] },
): AsyncGenerator<SnapshotPart> {
  const json = (n: number) => ({ epoch: EPOCH, seq: String(n), chain: at(n).chain });
  const { tables, version } = conformanceSchema;
  yield { kind: 'header', schemaVersion: version, position: json(seq), tables: tables.map((table) => table.name) };
  let total = 0;
  for (const table of tables) {
    const some = rows[table.name] ?? [];
    yield {
      kind: 'table',
      name: table.name,
      columns: table.columns.map((column) => column.name),
      rowEstimate: some.length,
    };
    const bytes = await harness.encodeRows(table.name, some);
    yield { kind: 'rows', bytes };
    yield { kind: 'table-end', rows: some.length };
    total += some.length;
  }
  if (tail.length > 0) yield { kind: 'tail', messages: tail };
  yield { kind: 'end', position: json(end), rows: total };
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
