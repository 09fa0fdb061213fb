import { formatLsn, systemClock } from '@millrace/kernel';
import type {
  Clock,
  Lsn,
  OpenReplicationStream,
  ReplicationMessage,
  ReplicationStream,
  ReplicationStreamOptions,
} from '@millrace/kernel';
import { openPgWire } from '../pg-wire.js';
import type { DriverWire } from '../wire/driver-wire.js';
import type { CopySink } from '../wire/frame-tap.js';
import { GatedQueue } from '../wire/gated-queue.js';
import { streamError } from './stream-errors.js';
import { readStreamMessage, writeStatus } from './stream-messages.js';

const HIGH_WATER_BYTES = 256 * 1024;

export interface PgStreamOptions {
  /** Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Bytes received and not yet read above which the socket is left alone. Default 256 KiB. */
  readonly highWaterBytes?: number;
  readonly clock?: Clock;
}

/**
 * Opens START_REPLICATION sessions on a server, in Node and in workerd alike. The opened stream rejects, or its messages throw,
 * with the codes of the port.
 */
export function openPgReplicationStream(
  connectionString: string,
  applicationName: string,
  options: PgStreamOptions = {},
): OpenReplicationStream {
  const { connectTimeoutMs = 10_000, highWaterBytes = HIGH_WATER_BYTES, clock = systemClock } = options;
  return async (stream) => {
    const wire = await openPgWire({ connectionString, applicationName, connectTimeoutMs, replication: true }, clock);
    const queue = new GatedQueue<ReplicationMessage>(wire.gate, highWaterBytes);
    wire.tap.divertTo(new MessageSink(queue));
    try {
      await start(wire, stream, queue);
    } catch (error) {
      await wire.hangUp();
      throw error;
    }
    return new PgReplicationStream(wire, queue, clock);
  };
}

class PgReplicationStream implements ReplicationStream {
  readonly #wire: DriverWire;
  readonly #queue: GatedQueue<ReplicationMessage>;
  readonly #clock: Clock;
  #closing: Promise<void> | null = null;

  constructor(wire: DriverWire, queue: GatedQueue<ReplicationMessage>, clock: Clock) {
    this.#wire = wire;
    this.#queue = queue;
    this.#clock = clock;
  }

  async *messages(): AsyncGenerator<ReplicationMessage, void, void> {
    for (;;) {
      const message = await this.#queue.take();
      if (message === undefined) return;
      yield message;
    }
  }

  sendStatus(flushed: Lsn): void {
    if (this.#closing !== null) return;
    this.#wire.connection.sendCopyFromChunk(Buffer.from(writeStatus(flushed, this.#clock.now())));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** A walsender obeys Terminate at once, even while it waits for us to read; what it still sends is dropped. */
  async #close(): Promise<void> {
    this.#queue.discard();
    await this.#wire.hangUp();
  }
}

/** Resolves when the server has begun to stream. */
async function start(
  wire: DriverWire,
  options: ReplicationStreamOptions,
  queue: GatedQueue<ReplicationMessage>,
): Promise<void> {
  const begun = new Promise<void>((resolve) => wire.connection.once('replicationStart', () => resolve()));
  const finished = wire.query(startStatement(options)).then(
    () => queue.end(streamError(new Error('the walsender ended the stream'), options.slot)),
    (error: unknown) => {
      queue.end(streamError(error, options.slot));
      throw streamError(error, options.slot);
    },
  );
  // Once the stream has begun, its end is told by the queue alone.
  finished.catch(() => undefined);
  await Promise.race([begun, finished]);
}

function startStatement({ slot, startLsn, pluginOptions }: ReplicationStreamOptions): string {
  const options = Object.entries(pluginOptions).map(
    ([name, value]) => `${quoteIdentifier(name)} ${quoteLiteral(value)}`,
  );
  const list = options.length === 0 ? '' : ` (${options.join(', ')})`;
  return `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${formatLsn(startLsn)}${list}`;
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteLiteral(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Each frame is a message with bytes of its own. */
class MessageSink implements CopySink {
  readonly #queue: GatedQueue<ReplicationMessage>;
  #frame: Uint8Array = new Uint8Array(0);

  constructor(queue: GatedQueue<ReplicationMessage>) {
    this.#queue = queue;
  }

  reserve(length: number): Uint8Array {
    this.#frame = new Uint8Array(length);
    return this.#frame;
  }

  commit(): void {
    this.#queue.push(readStreamMessage(this.#frame), this.#frame.length);
  }
}
