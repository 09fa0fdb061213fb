import type { LeftoverDatabase, Leftovers, OutboxMark } from './leftover-outboxes.js';
import { takeFreeSlot, takenSlots, type ClientSlot } from './client-slot.js';
import { forget, readFile, writeFile, type OpfsDirectory } from './opfs-directory.js';
import { databaseFolder, KEPT_KINDS, unfinishedMark, type KeptKind } from './open-storage.js';
import { outboxMark } from './outbox-mark.js';

export interface OpfsLeftoversOptions {
  readonly root: OpfsDirectory;
  readonly locks: LockManager;
  /** Of the principal at the server; see `scopeName`. */
  readonly scope: string;
  /** This tab's place, and the kind of its database. */
  readonly own: { readonly slot: ClientSlot; readonly kind: KeptKind };
}

/** The principal's other databases in the origin's private file system. This tab's slot may hold one of another kind, from a start that went another way. */
export function opfsLeftovers({ root, locks, scope, own }: OpfsLeftoversOptions): Leftovers {
  const ownFolder = databaseFolder(own.slot.name, own.kind);

  return {
    list: async () => {
      const names = new Set<string>();
      for await (const name of root.keys()) names.add(name);
      const whole = (folder: string) => folder !== ownFolder && !names.has(unfinishedMark(folder));
      return [...names]
        .map((name) => databaseOf(scope, name))
        .filter((found): found is LeftoverDatabase => found !== null && whole(found.folder));
    },
    held: async () => {
      const held = await takenSlots(locks);
      held.delete(own.slot.name);
      return held;
    },
    take: async (slot) => {
      if (slot === own.slot.name) return () => undefined;
      const taken = await takeFreeSlot(locks, slot);
      return taken && taken.release;
    },
    readMark: async (folder) => {
      const bytes = await readFile(root, outboxMark(folder));
      return bytes && markOf(new TextDecoder().decode(bytes));
    },
    writeMark: (folder, mark) => writeFile(root, outboxMark(folder), new TextEncoder().encode(JSON.stringify(mark))),
    remove: async ({ folder }) => {
      await forget(root, folder);
      await forget(root, outboxMark(folder));
    },
  };
}

function databaseOf(scope: string, name: string): LeftoverDatabase | null {
  const kind = KEPT_KINDS.find((each) => name.endsWith(`-${each}`));
  if (!kind || !name.startsWith(`${scope}-`)) return null;
  const slot = name.slice(0, -kind.length - 1);
  return /^\d+$/.test(slot.slice(scope.length + 1)) ? { slot, kind, folder: name } : null;
}

/** A file that a killed tab left half written says nothing: the database is opened and counted again. */
function markOf(text: string): OutboxMark | null {
  try {
    const { pending, rejected, at } = JSON.parse(text) as Partial<Record<keyof OutboxMark, unknown>>;
    return typeof pending === 'number' && typeof rejected === 'number' && typeof at === 'number'
      ? { pending, rejected, at }
      : null;
  } catch {
    return null;
  }
}
