import { SyncError, assert } from '@millrace/kernel';
import { statementError } from './error-mapping.js';
import type { DriverWire } from './wire/driver-wire.js';
import type { CopySink } from './wire/frame-tap.js';
import { GatedQueue } from './wire/gated-queue.js';

const BLOCK_BYTES = 64 * 1024;
const HIGH_WATER_BYTES = 256 * 1024;
/** Far above the row limit of capture; only keeps one absurd row from taking all memory. */
const ROW_BYTES = 256 * 1024 * 1024;

/**
 * Runs `COPY … TO STDOUT` and yields blocks of whole rows. Whoever stops reading early ends the session: Postgres would otherwise
 * go on to hold its snapshot and wait for a reader that has gone.
 */
export async function* copyOut(wire: DriverWire, sql: string): AsyncGenerator<Uint8Array, { rowCount: number }, void> {
  const queue = new GatedQueue<Uint8Array>(wire.gate, HIGH_WATER_BYTES);
  const blocks = new RowBlocks(queue);
  let binary = false;
  let running = true;
  let rowCount = 0;
  wire.connection.once('copyOutResponse', (message) => {
    binary = message.binary;
  });
  wire.tap.divertTo(blocks);
  wire.query(sql).then(
    (result) => {
      running = false;
      rowCount = result.rowCount ?? 0;
      blocks.flush();
      queue.end(checkCount(result.command, blocks.frames - rowCount, binary));
    },
    (error: unknown) => {
      running = false;
      queue.end(statementError(error));
    },
  );
  try {
    for (;;) {
      const block = await queue.take();
      if (block === undefined) return { rowCount };
      yield block;
    }
  } finally {
    queue.discard();
    if (running) wire.cut(new SyncError('closed', 'a COPY was abandoned by its reader, which ends the session'));
    wire.tap.divertTo(null);
  }
}

/** Binary COPY ends with a frame of its own; text may begin with a header line. Any other difference is a row lost or doubled. */
function checkCount(command: string, surplus: number, binary: boolean): SyncError | null {
  if (command !== 'COPY')
    return new SyncError('assertion-failed', `copyOut was given a statement that is not COPY but ${command}`);
  const expected = binary ? surplus === 1 : surplus === 0 || surplus === 1;
  return expected
    ? null
    : new SyncError('assertion-failed', `COPY reported a row count that is ${surplus} off from the rows received`);
}

/** Gathers rows into blocks. A row is never split; one that exceeds a block gets a block of its own size. */
class RowBlocks implements CopySink {
  frames = 0;
  readonly #queue: GatedQueue<Uint8Array>;
  #block: Uint8Array | null = null;
  #used = 0;

  constructor(queue: GatedQueue<Uint8Array>) {
    this.#queue = queue;
  }

  reserve(length: number): Uint8Array {
    assert(length <= ROW_BYTES, () => `a COPY row of ${length} bytes exceeds the limit of ${ROW_BYTES}`);
    if (this.#block !== null && this.#used + length > this.#block.length) this.flush();
    this.#block ??= new Uint8Array(Math.max(BLOCK_BYTES, length));
    const target = this.#block.subarray(this.#used, this.#used + length);
    this.#used += length;
    return target;
  }

  commit(): void {
    this.frames += 1;
    if (this.#used >= BLOCK_BYTES) this.flush();
  }

  flush(): void {
    if (this.#block !== null && this.#used > 0) this.#queue.push(this.#block.subarray(0, this.#used), this.#used);
    this.#block = null;
    this.#used = 0;
  }
}
