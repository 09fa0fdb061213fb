import { errorText, isErrorCode, SyncError, type Logger } from '@millrace/kernel';

/**
 * What a Durable Object method returns. Errors cross RPC as values: a thrown one would lose its code, and a caller that cannot tell
 * "never" from "backoff" either gives up too early or repeats for ever.
 */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Runs `work`; what is not a SyncError is logged here, where its stack is, and leaves as `internal`. */
export async function answer<T>(log: Logger, work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof SyncError) {
      log.warn('call failed', { code: error.code, reason: error.message });
      return { ok: false, code: error.code, message: error.message };
    }
    log.error('unexpected error', {
      reason: errorText(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    return { ok: false, code: 'internal', message: 'unexpected failure' };
  }
}

/** The value, or the error thrown again on this side. */
export function unwrap<T>(result: Answer<T>): T {
  if (result.ok) return result.value;
  throw new SyncError(isErrorCode(result.code) ? result.code : 'internal', result.message);
}
