/** Something that happens again and again and can be awaited. */
export interface Event {
  /** Resolves at the next {@link fire}; rejects with the signal's reason when that aborts. */
  next(): Promise<void>;
  fire(): void;
}

export function createEvent(signal: AbortSignal): Event {
  let waiting: { readonly resolve: () => void; readonly reject: (reason: unknown) => void }[] = [];
  signal.addEventListener(
    'abort',
    () => {
      const ended = waiting;
      waiting = [];
      for (const { reject } of ended) reject(signal.reason);
    },
    { once: true },
  );
  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (signal.aborted) reject(signal.reason as Error);
        else waiting.push({ resolve, reject });
      }),
    fire() {
      const woken = waiting;
      waiting = [];
      for (const { resolve } of woken) resolve();
    },
  };
}
