import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 25;

/**
 * Repeats `look` until it does not throw, and returns what it returned; after `withinMs` the last error is thrown. For facts that live in another process and
 * announce themselves to nobody.
 */
export async function eventually<T>(look: () => T | Promise<T>, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(EVERY_MS);
  }
}
