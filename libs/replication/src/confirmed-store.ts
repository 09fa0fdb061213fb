import type { Lsn, Position } from '@millrace/kernel';
import type { TableWriting } from './slot/rewrites.js';

/** What the one writer remembers outside Postgres: a restored database cannot take this back with it, so it proves continuity [E1]. */
export interface ConfirmedState {
  readonly epoch: string;
  readonly seq: bigint;
  readonly chain: string;
  /** The highest address that the slot may have been moved to by us: stored before it is sent [H4]. */
  readonly slotTarget: Lsn;
}

/** The writer's own durable storage. `save` resolves when the state would survive a crash. */
export interface ConfirmedStore {
  load(): Promise<ConfirmedState | null>;
  save(state: ConfirmedState): Promise<void>;
  /** The columns of each synced table as they were last seen in the stream, for {@link FillMarks}; null before the first time. */
  loadSignatures(): Promise<ReadonlyMap<string, string> | null>;
  saveSignatures(signatures: ReadonlyMap<string, string>): Promise<void>;
  /** When each synced table was last written as a whole, as far as history knows; null before the first time. */
  loadWritings(): Promise<ReadonlyMap<string, TableWriting> | null>;
  saveWritings(writings: ReadonlyMap<string, TableWriting>): Promise<void>;
  /** How each captured table was published when it was last known to miss nothing; null before the first time. */
  loadMemberships(): Promise<ReadonlyMap<string, string> | null>;
  saveMemberships(memberships: ReadonlyMap<string, string>): Promise<void>;
}

export function confirmedState(position: Position, slotTarget: Lsn): ConfirmedState {
  return { epoch: position.epoch, seq: position.seq, chain: position.chain, slotTarget };
}
