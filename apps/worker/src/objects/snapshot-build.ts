import type { CopySession } from '@millrace/kernel';

/** One snapshot on its way to its reader: its body, and how to end it. */
export interface SnapshotBuild {
  readonly body: ReadableStream<Uint8Array>;
  /** Lets transaction and connection go at once, wherever the build stands; the body then ends short, which its reader notices. */
  end(): void;
}

/** `blocks` reads from `sql` and stops when the signal aborts; the session is closed with it in any case. A slow reader holds Postgres back. */
export function buildSnapshot(
  sql: CopySession,
  blocks: (signal: AbortSignal) => AsyncGenerator<Uint8Array, void, void>,
): SnapshotBuild {
  const ending = new AbortController();
  const reading = blocks(ending.signal);
  const end = () => {
    ending.abort();
    sql.close().catch(() => undefined);
  };
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await reading.next().catch((error: unknown) => {
        end();
        throw error;
      });
      if (!done) return controller.enqueue(value);
      end();
      controller.close();
    },
    cancel: end,
  });
  return { body, end };
}
