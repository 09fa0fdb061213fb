/** Lets one holder in at a time, in the order of asking. */
export class SerialQueue {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when all earlier holders are done, with the function that lets the next one in. */
  async acquire(): Promise<() => void> {
    const earlier = this.#last;
    let release: () => void = () => undefined;
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await earlier;
    return release;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    const release = await this.acquire();
    try {
      return await task();
    } finally {
      release();
    }
  }

  /** Resolves when everybody who asked so far is done. */
  idle(): Promise<void> {
    return this.#last;
  }
}
