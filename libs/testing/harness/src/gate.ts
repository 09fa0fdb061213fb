/** Open or shut: whoever asks to pass waits until it opens. */
export interface Gate {
  open(): void;
  shut(): void;
  /** It will never open again: all who wait, or ask later, are told why. */
  fail(error: unknown): void;
  passed(): Promise<void>;
}

/** A gate that is open. */
export function createGate(): Gate {
  let turn = Promise.withResolvers<void>();
  let isOpen = true;
  turn.resolve();
  return {
    open() {
      isOpen = true;
      turn.resolve();
    },
    shut() {
      if (!isOpen) return;
      isOpen = false;
      turn = Promise.withResolvers<void>();
    },
    fail(error) {
      if (isOpen) turn = Promise.withResolvers<void>();
      isOpen = false;
      turn.promise.catch(() => undefined); // nobody may be waiting
      turn.reject(error);
    },
    passed: () => turn.promise,
  };
}
