import { SyncError, type Clock } from '@millrace/kernel';

export interface ReadBytesOptions {
  readonly clock: Clock;
  readonly silenceMs: number;
  /** Aborted when the body falls silent. */
  readonly abort: AbortController;
}

/** The body of a response, chunk by chunk. A body that breaks off or falls silent throws `network` or `timeout`: no reader waits for ever (I9). */
export async function* readBytes(
  response: Response,
  { clock, silenceMs, abort }: ReadBytesOptions,
): AsyncGenerator<Uint8Array> {
  if (!response.body) throw new SyncError('snapshot-corrupt', 'the answer of the server has no body');
  const reader = response.body.getReader();
  try {
    for (;;) {
      const stop = clock.after(silenceMs, () => abort.abort(new SyncError('timeout', 'the server fell silent')));
      const next = await reader.read().finally(stop);
      if (next.done) return;
      yield next.value;
    }
  } catch (cause) {
    const reason: unknown = abort.signal.reason;
    if (abort.signal.aborted && reason instanceof SyncError) throw reason;
    throw new SyncError('network', 'the answer of the server broke off', { cause });
  } finally {
    await reader.cancel().catch(() => undefined); // it has ended, or has failed, which was reported
  }
}
