import type { Clock } from '@millrace/kernel';
import { SyncError } from '@millrace/kernel';
import pg from 'pg';
import { checkPins, clientConfig, describeTarget, type ConfigOptions } from './connection-config.js';
import { connectError, sessionLost } from './error-mapping.js';
import { isWorkerd } from './socket/runtime.js';
import { WorkerdSocket } from './socket/workerd-socket.js';
import { FrameTap } from './wire/frame-tap.js';
import type { Gate } from './wire/gated-queue.js';

type RawResult = pg.QueryArrayResult<(string | null)[]>;
type Listener = (...args: never[]) => void;

/** The parts of `pg`'s client that its types leave out. A Node socket, a TLS socket or a {@link WorkerdSocket}. */
interface DriverStream extends Gate {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  listeners(event: 'data'): Listener[];
  removeAllListeners(event: 'data'): unknown;
  destroy(error?: Error): unknown;
}

interface DriverConnection {
  readonly stream: DriverStream;
  on(event: 'parameterStatus', listener: (message: { parameterName: string; parameterValue: string }) => void): unknown;
  once(event: 'sslconnect' | 'replicationStart', listener: () => void): unknown;
  once(event: 'copyOutResponse', listener: (message: { binary: boolean }) => void): unknown;
  sendCopyFromChunk(chunk: Buffer): void;
  end(): void;
}

/** How long a farewell may take before the socket is cut. */
const FAREWELL_MS = 1_000;

/** One connected `pg` client with its frame tap: what sessions and replication streams are made of. */
export interface PgWire {
  readonly connection: DriverConnection;
  readonly tap: FrameTap;
  /** The socket's valve. */
  readonly gate: Gate;
  /** Rejects with the driver's own errors. Of several statements, the last one's result. */
  query(sql: string, params?: readonly unknown[]): Promise<RawResult>;
  /** Settles when the session is over: null after {@link hangUp}, else why. */
  readonly ended: Promise<Error | null>;
  /** Says goodbye, cuts the socket if that takes too long. */
  hangUp(): Promise<void>;
  /** Cuts the socket at once; `reason` is what {@link ended} tells. */
  cut(reason: Error): void;
}

/** Connects. @throws SyncError database-unavailable, database-misconfigured */
export async function openWire(options: ConfigOptions, clock: Clock): Promise<PgWire> {
  const client = new pg.Client({
    ...clientConfig(options),
    types: { getTypeParser: () => asText },
    ...workerdStream(),
  });
  const connection = (client as unknown as { connection: DriverConnection }).connection;
  const reported = new Map<string, string>();
  connection.on('parameterStatus', ({ parameterName, parameterValue }) => reported.set(parameterName, parameterValue));
  const tap = new FrameTap((bytes) => forward(bytes));
  let forward: (bytes: Buffer) => void = () => undefined;
  const interpose = () => {
    forward = takeOverData(connection.stream, tap);
  };

  let firstError: Error | null = null;
  let leaving = false;
  client.on('error', (error) => {
    firstError ??= error;
  });
  const ended = new Promise<Error | null>((resolve) => {
    client.once('end', () =>
      resolve(leaving ? null : sessionLost(firstError ?? new Error('the connection was closed'))),
    );
  });

  try {
    const connected = client.connect();
    // Over TLS the driver makes a new stream after the handshake; before it, no frame of Postgres has been seen.
    if (isEncrypted(client)) connection.once('sslconnect', interpose);
    else interpose();
    await connected;
    checkPins(reported);
  } catch (error) {
    connection.stream.destroy();
    throw connectError(error, describeTarget(options.connectionString));
  }

  return {
    connection,
    tap,
    gate: { pause: () => connection.stream.pause(), resume: () => connection.stream.resume() },
    query: async (text, values) => {
      const result = await client.query({ text, rowMode: 'array', ...(values?.length ? { values: [...values] } : {}) });
      return lastOf(result);
    },
    ended,
    hangUp: async () => {
      leaving = true;
      const cancel = clock.after(FAREWELL_MS, () => connection.stream.destroy());
      connection.end();
      await ended;
      cancel();
    },
    cut: (reason) => {
      firstError ??= reason;
      connection.stream.destroy();
    },
  };
}

function asText(value: string): string {
  return value;
}

/** In workerd the driver gets our socket; in Node its own has back-pressure. */
function workerdStream(): pg.ClientConfig {
  if (!isWorkerd()) return {};
  const stream = (config: { ssl?: unknown }) => new WorkerdSocket(Boolean(config.ssl));
  return { stream } as unknown as pg.ClientConfig;
}

function isEncrypted(client: pg.Client): boolean {
  return Boolean((client as unknown as { ssl: unknown }).ssl);
}

/** Puts the tap before the driver's parser; returns the parser. */
function takeOverData(stream: DriverStream, tap: FrameTap): (bytes: Buffer) => void {
  const parsers = stream.listeners('data') as ((bytes: Buffer) => void)[];
  stream.removeAllListeners('data');
  stream.on('data', (chunk) => {
    try {
      tap.push(chunk);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new SyncError('internal', String(error)));
    }
  });
  return (bytes) => {
    for (const parse of parsers) parse(bytes);
  };
}

function lastOf(result: RawResult | RawResult[]): RawResult {
  if (!Array.isArray(result)) return result;
  const last = result.at(-1);
  if (last === undefined) throw new SyncError('internal', 'the driver returned no result');
  return last;
}
