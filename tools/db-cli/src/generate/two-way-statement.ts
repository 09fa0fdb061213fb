/** A change, and what takes it back. */
export interface TwoWay {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** One after the other; back in the other order. */
export function inOrder(changes: readonly TwoWay[]): TwoWay {
  return {
    up: changes.flatMap(({ up }) => up),
    down: [...changes].reverse().flatMap(({ down }) => down),
  };
}
