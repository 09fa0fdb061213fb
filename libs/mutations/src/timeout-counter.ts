/** Counts how often a mutation ran into the statement time-out. In memory only: a restart merely grants it more tries. */
export interface TimeoutCounter {
  /** Counts one more and returns the sum. */
  add(txId: string): number;
  /** The mutation has its verdict. */
  forget(txId: string): void;
}

/** @param capacity mutations remembered at once; beyond it the one counted longest ago is forgotten (I11) */
export function createTimeoutCounter(capacity = 1_000): TimeoutCounter {
  const counts = new Map<string, number>();
  return {
    add(txId) {
      const count = (counts.get(txId) ?? 0) + 1;
      counts.delete(txId);
      counts.set(txId, count);
      for (const oldest of counts.keys()) {
        if (counts.size <= capacity) break;
        counts.delete(oldest);
      }
      return count;
    },
    forget: (txId) => void counts.delete(txId),
  };
}
