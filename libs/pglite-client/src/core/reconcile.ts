import type { PushConflict } from '@millrace/sync-protocol';
import type { PendingMutation } from './pending-mutation.js';

/**
 * The outbox after the server said that it stands elsewhere [W2]: mutations that it knows take the server's number and count as answered,
 * the others are numbered anew behind its last one, in their order. txIds never change, so that nothing can happen twice (I3). What is known
 * stays pending until the stream or `welcome` brings its ack: otherwise an accepted write would vanish for a moment (I6).
 */
export function reconcile(pending: readonly PendingMutation[], conflict: PushConflict): readonly PendingMutation[] {
  const known = new Map(conflict.known.map((result) => [result.txId, result]));
  let next = conflict.lastMutationId;
  const renumbered = pending.map((mutation) => {
    const answer = known.get(mutation.txId) ?? (isSettledBelow(mutation, conflict) ? mutation.answer : null);
    if (answer) return { ...mutation, mutationId: answer.mutationId, answer };
    next += 1;
    return { ...mutation, mutationId: next, answer: null };
  });
  return [...renumbered].sort((a, b) => a.mutationId - b.mutationId);
}

/** An earlier answer still holds if it was given in this history: the request named only unanswered ones, so the server did not repeat it. */
function isSettledBelow(mutation: PendingMutation, conflict: PushConflict): boolean {
  return (
    conflict.code === 'mutation-order' &&
    mutation.answer !== null &&
    mutation.answer.mutationId <= conflict.lastMutationId
  );
}
