import { SyncError } from '@millrace/kernel';
import type { Gate } from '../wire/gated-queue.js';

/** What may arrive while the gate is shut: about what a snapshot's chunk on its way to storage takes, several times over. */
const UNREAD_BYTES = 32 * 1024 * 1024;

/**
 * The gate of a WebSocket, which cannot be told to wait: it counts what comes although it is shut. A reader that falls behind by more than the bound
 * loses its session, rather than the process its memory (I11).
 */
export function boundedGate(): Gate & { readonly arrived: (bytes: number) => void } {
  let unread: number | null = null;
  return {
    pause: () => (unread ??= 0),
    resume: () => (unread = null),
    arrived: (bytes) => {
      if (unread === null) return;
      unread += bytes;
      if (unread > UNREAD_BYTES)
        throw new SyncError(
          'limit-exceeded',
          `the reader of a COPY fell ${UNREAD_BYTES} bytes behind, and a WebSocket cannot make Postgres wait: use the driver pg`,
        );
    },
  };
}
