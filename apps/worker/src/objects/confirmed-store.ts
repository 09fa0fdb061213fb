import { formatLsn, parseLsn } from '@millrace/kernel';
import type { ConfirmedState, ConfirmedStore, TableWriting } from '@millrace/replication';

interface Stored {
  readonly epoch: string;
  readonly seq: string;
  readonly chain: string;
  readonly slotTarget: string;
}

/** What capture must find again after any crash, in the object's own storage: outside the database, so that a restored database cannot restore it too [E1]. */
export function confirmedStore(storage: DurableObjectStorage): ConfirmedStore {
  return {
    load: async () => {
      const stored = await storage.get<Stored>('confirmed');
      return stored
        ? { epoch: stored.epoch, seq: BigInt(stored.seq), chain: stored.chain, slotTarget: parseLsn(stored.slotTarget) }
        : null;
    },
    save: async ({ epoch, seq, chain, slotTarget }: ConfirmedState) => {
      await storage.put('confirmed', {
        epoch,
        seq: seq.toString(),
        chain,
        slotTarget: formatLsn(slotTarget),
      } satisfies Stored);
      // The slot moves only after this is on disk [H4].
      await storage.sync();
    },
    loadSignatures: async () => {
      const stored = await storage.get<Readonly<Record<string, string>>>('signatures');
      return stored ? new Map(Object.entries(stored)) : null;
    },
    // On disk with the state that is saved next.
    saveSignatures: async (signatures) => storage.put('signatures', Object.fromEntries(signatures)),
    loadWritings: async () => {
      const stored = await storage.get<Readonly<Record<string, TableWriting>>>('writings');
      return stored ? new Map(Object.entries(stored)) : null;
    },
    saveWritings: async (writings) => storage.put('writings', Object.fromEntries(writings)),
    loadMemberships: async () => {
      const stored = await storage.get<Readonly<Record<string, string>>>('memberships');
      return stored ? new Map(Object.entries(stored)) : null;
    },
    saveMemberships: async (memberships) => storage.put('memberships', Object.fromEntries(memberships)),
  };
}
