import type { ReplicationState } from '@millrace/change-history';
import { maxLsn, type Lsn } from '@millrace/kernel';
import type { ConfirmedState } from '../confirmed-store.js';
import { lacksEngineTables, type PublicationFacts } from './publication.js';
import type { SlotFacts, SystemFacts } from './slot-facts.js';

/** Why an epoch began. */
export type EpochCause =
  | 'first-start'
  | 'store-lost'
  | 'state-lost'
  | 'history-behind'
  | 'history-truncated'
  | 'slot-missing'
  | 'slot-lost'
  | 'slot-ahead'
  | 'decoder-changed'
  | 'system-changed'
  | 'timeline-changed'
  | 'publication-missing'
  | 'tables-added';

/** All that continuity is judged by. */
export interface ContinuityFacts {
  /** What the writer itself remembers. */
  readonly stored: ConfirmedState | null;
  readonly state: ReplicationState | null;
  /** The stored (seq, chain) is in the database's history. */
  readonly storedInHistory: boolean;
  /** The state's own (seq, chain) is. */
  readonly headInHistory: boolean;
  /** Nothing has been persisted in the state's epoch yet: nobody can have seen anything of it. */
  readonly epochUntouched: boolean;
  readonly slot: SlotFacts | null;
  /** The output plug-in that is asked for. */
  readonly decoder: string;
  readonly system: SystemFacts;
  readonly publication: PublicationFacts;
  /** Captured tables of which something may be missing in the stream, whether they are in the publication by now or not. */
  readonly late: readonly string[];
}

/**
 * Whether history can go on where it stands [E1]: null if that is proven, else why a new epoch has to begin. Pure. A doubt is a new epoch: the
 * clients then hydrate again, while going on could lose rows in silence (I12).
 */
export function breachOf(facts: ContinuityFacts): EpochCause | null {
  const { stored, state, slot, system } = facts;
  if (!state) return stored ? 'state-lost' : 'first-start';
  if (!stored && !facts.epochUntouched) return 'store-lost';
  if (stored && !facts.storedInHistory) return stored.seq > state.position.seq ? 'history-behind' : 'history-truncated';
  if (!facts.headInHistory) return 'history-truncated';
  if (state.systemIdentifier !== system.systemIdentifier) return 'system-changed';
  if (state.timeline !== system.timeline) return 'timeline-changed';
  if (!slot) return 'slot-missing';
  if (slot.walStatus === 'lost') return 'slot-lost';
  if (slot.plugin !== facts.decoder) return 'decoder-changed';
  if (isAhead(slot, state.lastEndLsn, stored)) return 'slot-ahead';
  if (!facts.publication.exists) return 'publication-missing';
  return lacksEngineTables(facts.late) ? 'tables-added' : null;
}

/** The slot was moved, or made again, beyond all that we persisted or meant to move it to: what lay between is gone (F11). */
function isAhead(slot: SlotFacts, lastEndLsn: Lsn, stored: ConfirmedState | null): boolean {
  if (slot.confirmedFlushLsn === null) return true;
  return slot.confirmedFlushLsn > maxLsn(lastEndLsn, stored?.slotTarget ?? lastEndLsn);
}
