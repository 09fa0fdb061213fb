/** A value that changes, and a way to hear of it. The shape that React's `useSyncExternalStore` wants. */
export interface Observable<T> {
  /** The value now; the same object until it changes. */
  get(): T;
  /** Calls `listener` after each change; the returned function ends that. */
  subscribe(listener: (value: T) => void): () => void;
}

/** The holder's side of an {@link Observable}. */
export interface Source<T> extends Observable<T> {
  set(value: T): void;
}

export function observable<T>(initial: T): Source<T> {
  let value = initial;
  const listeners = new Set<(value: T) => void>();
  return {
    get: () => value,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener(value);
    },
  };
}
