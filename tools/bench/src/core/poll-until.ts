import { systemClock } from '@millrace/kernel';

export interface PollOptions {
  /** Between two looks, ms: what is measured meanwhile pays for each. */
  readonly everyMs?: number;
  readonly withinMs?: number;
}

/**
 * Resolves as soon as a look at something that tells nobody by itself (a table, a port) finds it as it should be.
 * @throws Error after `withinMs`, which names `what` should have been
 */
export async function pollUntil(
  what: string,
  isSo: () => Promise<boolean>,
  { everyMs = 100, withinMs = 600_000 }: PollOptions = {},
): Promise<void> {
  const deadline = systemClock.now() + withinMs;
  while (!(await isSo())) {
    if (systemClock.now() >= deadline) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await systemClock.sleep(everyMs);
  }
}
