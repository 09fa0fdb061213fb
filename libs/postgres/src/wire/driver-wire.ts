import type { Clock } from '@millrace/kernel';
import { SyncError } from '@millrace/kernel';
import { checkPins, describeTarget } from '../connection-config.js';
import { connectError, sessionLost } from '../error-mapping.js';
import type { Driver, DriverConnection, DriverResult, DriverStream } from './driver.js';
import { FrameTap } from './frame-tap.js';
import type { Gate } from './gated-queue.js';

/** How long a farewell may take before the socket is cut. */
const FAREWELL_MS = 1_000;

/** One connected client with its frame tap: what sessions and replication streams are made of, whatever the driver. */
export interface DriverWire {
  readonly connection: DriverConnection;
  readonly tap: FrameTap;
  /** The socket's valve. */
  readonly gate: Gate;
  /** Rejects with the driver's own errors. Of several statements, the last one's result. */
  query(sql: string, params?: readonly unknown[]): Promise<DriverResult>;
  /** Settles when the session is over: null after {@link hangUp}, else why. */
  readonly ended: Promise<Error | null>;
  /** Says goodbye, cuts the socket if that takes too long. */
  hangUp(): Promise<void>;
  /** Cuts the socket at once; `reason` is what {@link ended} tells. */
  cut(reason: Error): void;
}

/** Connects. `connectionString`: for messages alone. @throws SyncError database-unavailable, database-misconfigured */
export async function openWire(driver: Driver, connectionString: string, clock: Clock): Promise<DriverWire> {
  const { client } = driver;
  const { connection } = client;
  const reported = new Map<string, string>();
  connection.on('parameterStatus', ({ parameterName, parameterValue }) => reported.set(parameterName, parameterValue));
  const tap = new FrameTap((bytes) => forward(bytes));
  let forward: (bytes: Buffer) => void = () => undefined;
  let firstError: Error | null = null;
  let leaving = false;
  const cut = (reason: Error): void => {
    firstError ??= reason;
    driver.cut(reason);
  };
  const interpose = () => {
    forward = takeOverData(
      connection.stream,
      (chunk) => {
        driver.arrived(chunk.length);
        tap.push(chunk);
      },
      cut,
    );
  };

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
    if (client.ssl) connection.once('sslconnect', interpose);
    else interpose();
    await connected;
    checkPins(reported);
  } catch (error) {
    driver.cut();
    throw connectError(error, describeTarget(connectionString));
  }

  return {
    connection,
    tap,
    gate: driver.gate,
    query: async (text, values) =>
      lastOf(await client.query({ text, rowMode: 'array', ...(values?.length ? { values: [...values] } : {}) })),
    ended,
    hangUp: async () => {
      leaving = true;
      const cancel = clock.after(FAREWELL_MS, () => driver.cut());
      driver.farewell();
      await ended;
      cancel();
    },
    cut,
  };
}

/** Puts `take` before the driver's parser; returns the parser. */
function takeOverData(
  stream: DriverStream,
  take: (chunk: Buffer) => void,
  cut: (reason: Error) => void,
): (bytes: Buffer) => void {
  const parsers = stream.listeners('data') as ((bytes: Buffer) => void)[];
  stream.removeAllListeners('data');
  stream.on('data', (chunk) => {
    try {
      take(chunk);
    } catch (error) {
      cut(error instanceof Error ? error : new SyncError('internal', String(error)));
    }
  });
  return (bytes) => {
    for (const parse of parsers) parse(bytes);
  };
}

function lastOf(result: DriverResult | DriverResult[]): DriverResult {
  if (!Array.isArray(result)) return result;
  const last = result.at(-1);
  if (last === undefined) throw new SyncError('internal', 'the driver returned no result');
  return last;
}
