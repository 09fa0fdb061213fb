import { EventEmitter } from 'events';
import { loadSockets, type TcpSocket } from './cloudflare-sockets.js';

const READ_BYTES = 64 * 1024;
/** Up to this size a read is copied and its buffer used again; a larger one is handed over. */
const COPY_BYTES = 8 * 1024;

type WriteCallback = (error?: unknown) => void;

/**
 * A TCP socket of workerd with the face of a Node socket, as far as `pg` uses one. The socket that `pg` brings reads without
 * end: a COPY of 218 MB was taken into memory in 1.4 s whatever its reader did. This one reads only while it is not
 * paused, and through a BYOB reader: the default reader returns 4 kB a time.
 */
export class WorkerdSocket extends EventEmitter {
  writable = false;
  destroyed = false;
  readonly #ssl: boolean;
  #socket: TcpSocket | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #reader: ReadableStreamBYOBReader | null = null;
  #spare: ArrayBuffer | null = null;
  #paused = false;
  #wakeReader: (() => void) | null = null;
  #closed = false;

  constructor(ssl: boolean) {
    super();
    this.#ssl = ssl;
  }

  connect(port: number, host: string): this {
    this.#open(port, host).catch((error: unknown) => this.destroy(error));
    return this;
  }

  /** After the server agreed to TLS. workerd checks its certificate against the host that was connected to. */
  startTls(): void {
    const plain = this.#socket;
    if (plain === null) return;
    this.#writer?.releaseLock();
    this.#reader?.releaseLock();
    this.#adopt(plain.startTls());
    this.#pump();
  }

  write(data: Uint8Array | string, encoding?: unknown, callback?: WriteCallback): boolean {
    const done = typeof encoding === 'function' ? (encoding as WriteCallback) : callback;
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    if (this.#writer === null || bytes.length === 0) {
      done?.();
      return true;
    }
    this.#writer.write(bytes).then(
      () => done?.(),
      (error: unknown) => {
        done?.(error);
        this.destroy(error);
      },
    );
    return true;
  }

  end(): this {
    this.writable = false;
    this.#writer?.close().catch((error: unknown) => this.destroy(error));
    this.resume();
    return this;
  }

  /** Gives the connection up at once. Postgres notices with its next write, and lets its snapshot go. */
  destroy(error?: unknown): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.writable = false;
    if (error !== undefined && error !== null)
      this.emit('error', error instanceof Error ? error : new Error(String(error)));
    // Nothing but close(): after a cancel() of the reader or an abort() of the writer it would leave the connection open for good.
    this.#socket?.close().catch(() => undefined);
    this.resume();
    this.#emitClose();
    return this;
  }

  pause(): this {
    this.#paused = true;
    return this;
  }

  resume(): this {
    this.#paused = false;
    this.#wakeReader?.();
    this.#wakeReader = null;
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  async #open(port: number, host: string): Promise<void> {
    const { connect } = await loadSockets();
    const secureTransport = this.#ssl ? 'starttls' : 'off';
    this.#adopt(connect({ hostname: host, port }, { secureTransport, allowHalfOpen: false }));
    await this.#socket?.opened;
    this.writable = true;
    this.emit('connect');
    this.#pump();
  }

  #adopt(socket: TcpSocket): void {
    this.#socket = socket;
    this.#writer = socket.writable.getWriter();
    this.#reader = socket.readable.getReader({ mode: 'byob' });
    socket.closed.then(
      () => {
        if (this.#socket === socket) this.#emitClose();
      },
      (error: unknown) => {
        if (this.#socket === socket) this.destroy(error);
      },
    );
  }

  #pump(): void {
    const reader = this.#reader;
    this.#read().catch((error: unknown) => {
      // A reader that lost its lock to TLS fails by design; its successor goes on.
      if (this.#reader === reader) this.destroy(error);
    });
  }

  async #read(): Promise<void> {
    const reader = this.#reader;
    while (reader !== null && this.#reader === reader) {
      await this.#untilResumed();
      const { done, value } = await reader.read(new Uint8Array(this.#spare ?? new ArrayBuffer(READ_BYTES)));
      this.#spare = null;
      if (done) {
        this.emit('end');
        this.#socket?.close().catch(() => undefined);
        this.#emitClose();
        return;
      }
      this.emit('data', this.#ownedBytes(value));
    }
  }

  /** `pg` keeps the bytes of an unfinished message, so a buffer that it was given is never read into again. */
  #ownedBytes(value: Uint8Array<ArrayBuffer>): Buffer {
    if (value.byteLength > COPY_BYTES) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#spare = value.buffer;
    return Buffer.from(value);
  }

  async #untilResumed(): Promise<void> {
    while (this.#paused) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }

  #emitClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.writable = false;
    this.emit('close');
  }
}
