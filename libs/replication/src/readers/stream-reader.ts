import {
  LSN_ZERO,
  SyncError,
  maxLsn,
  type Clock,
  type Lsn,
  type OpenReplicationStream,
  type ReplicationStream,
} from '@millrace/kernel';
import type { OutputPlugin } from '../output-plugin.js';
import { pumpItemOf, type PumpQueue } from '../pump-queue.js';

export interface StreamReaderOptions {
  readonly openStream: OpenReplicationStream;
  readonly slot: string;
  readonly plugin: OutputPlugin;
  readonly queue: PumpQueue;
  /** Postgres' wal_sender_timeout; 0: it has none. */
  readonly walSenderTimeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface StreamReader {
  /** Reads until the stream fails or the signal aborts. */
  run(): Promise<never>;
  /** Tells Postgres that everything up to `lsn` is durable here. */
  confirm(lsn: Lsn): Promise<void>;
}

/** Where Postgres has no timeout of its own, its statuses and our patience are as if it had this one. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** Opens the stream: START_REPLICATION from the slot's confirmed position [C2]. */
export async function openStreamReader(options: StreamReaderOptions): Promise<StreamReader> {
  const { openStream, slot, plugin, clock, signal } = options;
  const stream = await openStream({ slot, startLsn: LSN_ZERO, pluginOptions: plugin.options });
  const timeoutMs = options.walSenderTimeoutMs || DEFAULT_TIMEOUT_MS;
  const statuses = createStatusTimer({ stream, clock, everyMs: timeoutMs / 3 });
  const watchdog = createWatchdog({ stream, clock, afterMs: timeoutMs * 1.5 });
  const close = (): void => {
    statuses.stop();
    watchdog.stop();
    void stream.close();
  };
  signal.addEventListener('abort', close, { once: true });
  // It may have come while the stream was being opened.
  if (signal.aborted) close();
  return {
    confirm: (lsn) => Promise.resolve(statuses.confirmed(lsn)),
    run: async () => {
      try {
        await readAll(stream, { options, statuses, watchdog });
      } finally {
        close();
      }
      signal.throwIfAborted();
      throw new SyncError(
        'database-unavailable',
        watchdog.barked ? 'the replication stream fell silent' : 'the replication stream ended',
      );
    },
  };
}

interface ReadContext {
  readonly options: StreamReaderOptions;
  readonly statuses: StatusTimer;
  readonly watchdog: Watchdog;
}

async function readAll(stream: ReplicationStream, { options, statuses, watchdog }: ReadContext): Promise<void> {
  const { queue } = options;
  const decoder = options.plugin.newDecoder();
  watchdog.arm();
  for await (const message of stream.messages()) {
    watchdog.disarm();
    if (message.kind === 'data') {
      const transaction = decoder.decode(message.payload, message.walStart);
      if (transaction) await queue.put(pumpItemOf(transaction));
    } else {
      if (message.replyRequested) statuses.send();
      // Within a transaction the address lies beyond what has been handed over [C5].
      if (decoder.openTransaction === null) await queue.put({ kind: 'reached', lsn: message.walEnd });
    }
    watchdog.arm();
  }
}

interface StatusTimer {
  confirmed(lsn: Lsn): void;
  send(): void;
  stop(): void;
}

/** Sends the last persisted address by its own timer, whatever reader, gate or pump are waiting for: a silent receiver is cut off [C5]. */
function createStatusTimer({
  stream,
  clock,
  everyMs,
}: {
  stream: ReplicationStream;
  clock: Clock;
  everyMs: number;
}): StatusTimer {
  let flushed: Lsn = LSN_ZERO;
  let cancel = (): void => undefined;
  const send = (): void => stream.sendStatus(flushed);
  const rearm = (): void => {
    cancel = clock.after(everyMs, () => {
      rearm();
      send();
    });
  };
  rearm();
  return {
    confirmed(lsn) {
      flushed = maxLsn(flushed, lsn);
      send();
    },
    send,
    stop: () => cancel(),
  };
}

interface Watchdog {
  arm(): void;
  disarm(): void;
  stop(): void;
  readonly barked: boolean;
}

/** Closes a stream on which nothing arrives, not even a keepalive, while we are ready to read: a half-open connection ends in no other way (F14). */
function createWatchdog({
  stream,
  clock,
  afterMs,
}: {
  stream: ReplicationStream;
  clock: Clock;
  afterMs: number;
}): Watchdog {
  let barked = false;
  let deadline: number | null = null;
  let cancel = (): void => undefined;
  const look = (): void => {
    cancel = clock.after(afterMs / 3, () => {
      if (deadline === null || clock.now() < deadline) return look();
      barked = true;
      void stream.close();
    });
  };
  look();
  return {
    arm: () => (deadline = clock.now() + afterMs),
    disarm: () => (deadline = null),
    stop: () => cancel(),
    get barked() {
      return barked;
    },
  };
}
