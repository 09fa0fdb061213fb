import { toWire, type PendingMutation } from './pending-mutation.js';

/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const BYTES_PER_UNIT = 3;

/** The first unanswered mutations that fit one request; always at least one, since each was bounded when it was made. */
export function batchOf(
  pending: readonly PendingMutation[],
  limits: { readonly mutations: number; readonly bytes: number },
): readonly PendingMutation[] {
  const batch: PendingMutation[] = [];
  let bytes = 0;
  for (const mutation of pending) {
    if (mutation.answer !== null) continue;
    const size = JSON.stringify(toWire(mutation)).length * BYTES_PER_UNIT;
    if (batch.length > 0 && (batch.length >= limits.mutations || bytes + size > limits.bytes)) break;
    batch.push(mutation);
    bytes += size;
  }
  return batch;
}
