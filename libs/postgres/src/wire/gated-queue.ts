/** The valve of a socket. */
export interface Gate {
  pause(): void;
  resume(): void;
}

/**
 * What has arrived and is not taken yet, for one reader. Above `highWater` bytes it shuts the gate, below half of it opens the gate again:
 * so memory is bounded by what the reader has not taken, and Postgres waits (I11).
 */
export class GatedQueue<T> {
  readonly #gate: Gate;
  readonly #highWater: number;
  readonly #items: { readonly value: T; readonly size: number }[] = [];
  #size = 0;
  #shut = false;
  #end: { readonly error: Error | null } | null = null;
  #wake: (() => void) | null = null;

  constructor(gate: Gate, highWater: number) {
    this.#gate = gate;
    this.#highWater = highWater;
  }

  push(value: T, size: number): void {
    if (this.#end !== null) return;
    this.#items.push({ value, size });
    this.#size += size;
    if (!this.#shut && this.#size >= this.#highWater) {
      this.#shut = true;
      this.#gate.pause();
    }
    this.#wakeReader();
  }

  /** Nothing more will come. With an error, the reader gets it after what is still queued. */
  end(error: Error | null): void {
    this.#end ??= { error };
    this.#wakeReader();
  }

  /** Forgets what is queued and all that comes; opens the gate so that the socket can run dry. */
  discard(): void {
    this.end(null);
    this.#items.length = 0;
    this.#size = 0;
    this.#open();
  }

  /** The next value; undefined at the end. One call at a time. */
  async take(): Promise<T | undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#size -= item.size;
        if (this.#size < this.#highWater / 2) this.#open();
        return item.value;
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end !== null) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #open(): void {
    if (!this.#shut) return;
    this.#shut = false;
    this.#gate.resume();
  }

  #wakeReader(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
