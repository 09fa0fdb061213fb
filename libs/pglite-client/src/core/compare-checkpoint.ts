import type { Checkpoint } from '@millrace/sync-protocol';
import { sameHash } from './hydration/same-hash.js';
import type { TableState } from './ports/client-store.js';
import type { ComparedTable } from './verification.js';

/**
 * Compares base rows with what the server read between `from` and `to`. Only of a client that has reached `to`. A table compares if nothing happened to it
 * after `from`: then it was the same all the time [S6].
 */
export function compareCheckpoint(checkpoint: Checkpoint, states: readonly TableState[]): readonly ComparedTable[] {
  const from = BigInt(checkpoint.from.seq);
  const byName = new Map(states.map((state) => [state.name, state]));
  return checkpoint.tables.map(({ name, hash }): ComparedTable => {
    const table = { name, rows: Number(hash.count), reason: null };
    const state = byName.get(name);
    if (!state) return { ...table, outcome: 'not-comparable', reason: 'unknown-table' };
    if (state.hash.algorithm !== hash.algorithm)
      return { ...table, outcome: 'not-comparable', reason: 'other-algorithm' };
    if (state.changedAt > from) return { ...table, outcome: 'not-comparable', reason: 'changed-meanwhile' };
    return { ...table, outcome: sameHash(state.hash, hash) ? 'equal' : 'different' };
  });
}
