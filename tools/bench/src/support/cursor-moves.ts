import type { MillraceClient } from '@millrace/pglite-client';
import { machineNow } from '../core/machine-clock.js';
import { until } from '../core/until.js';

/** A client's cursor stood here from this moment on, ms of the machine's clock. */
export interface Move {
  readonly seq: bigint;
  readonly at: number;
}

/** A client whose cursor is being watched. */
export interface Watched {
  /** Resolves when the cursor is there or beyond. */
  reached(seq: bigint): Promise<void>;
  /** All moves so far, in order. */
  moves(): Promise<readonly Move[]>;
}

/** Watches a client of this process, from now on. */
export function watchClient(client: MillraceClient): Watched {
  const moves: Move[] = [];
  client.status.subscribe(({ position }) => {
    if (position && position.seq !== moves.at(-1)?.seq) moves.push({ seq: position.seq, at: machineNow() });
  });
  return {
    reached: async (seq) => {
      await until(client.status, ({ position }) => position !== null && position.seq >= seq);
    },
    moves: async () => moves,
  };
}

/**
 * When a position had become visible: the first move to it or beyond.
 * @throws Error if it has not
 */
export function arrivalOf(moves: readonly Move[], seq: bigint): number {
  let low = 0;
  let high = moves.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moves[middle] as Move).seq >= seq) high = middle;
    else low = middle + 1;
  }
  const found = moves[low];
  if (!found) throw new Error(`position ${seq} has not become visible`);
  return found.at;
}
