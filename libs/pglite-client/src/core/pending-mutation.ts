import { applyPatch, type Row } from '@millrace/kernel';
import { keyOf, keyText, type TableMeta } from '@millrace/schema-meta';
import type { Mutation, MutationChange, MutationResult } from '@millrace/sync-protocol';

/** A recorded change as it waits in the outbox. */
export interface PendingChange extends MutationChange {
  /** Insert: what the replica's own defaults gave the server-set columns; shown until the server's values come. Empty otherwise. Never sent. */
  readonly local: Row;
}

/** One local transaction that the stream has not acknowledged yet. */
export interface PendingMutation {
  readonly mutationId: number;
  readonly txId: string;
  readonly changes: readonly PendingChange[];
  /** The server's word, heard early by HTTP. The row stays pending until the stream acknowledges it [W5]. */
  readonly answer: MutationResult | null;
}

/** A mutation that the server refused: kept until the app disposes of it (I2). */
export interface RejectedMutation {
  readonly txId: string;
  readonly mutationId: number;
  readonly reason: NonNullable<MutationResult['reason']>;
  readonly changes: readonly PendingChange[];
}

/** The rows that a change touches: one, or two if it changes the key. As key texts. */
export function touchedKeys(table: TableMeta, change: MutationChange): readonly string[] {
  const before = keyText(table, change.key);
  if (change.operation !== 'update') return [before];
  const after = keyText(table, keyOf(table, applyPatch(change.key, change.set)));
  return after === before ? [before] : [before, after];
}

/** What is sent of a pending mutation. */
export function toWire(mutation: PendingMutation): Mutation {
  return { mutationId: mutation.mutationId, txId: mutation.txId, changes: mutation.changes.map(changeToWire) };
}

function changeToWire({ table, operation, key, set, old, version }: PendingChange): MutationChange {
  return { table, operation, key, set, old, version };
}

/** Why a rejected mutation was rejected; a server that gives no reason is quoted as such, never passed over (I2). */
export function reasonOf(result: MutationResult): NonNullable<MutationResult['reason']> {
  return result.reason ?? { code: 'server-error', message: 'The server rejected this write without a reason.' };
}
