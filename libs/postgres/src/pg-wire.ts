import type { Clock } from '@millrace/kernel';
import pg from 'pg';
import { clientConfig, type ConfigOptions } from './connection-config.js';
import { isWorkerd } from './socket/runtime.js';
import { WorkerdSocket } from './socket/workerd-socket.js';
import type { Driver, DriverClient, DriverConnection, DriverStream } from './wire/driver.js';
import { openWire, type DriverWire } from './wire/driver-wire.js';
import type { Gate } from './wire/gated-queue.js';

interface PgStream extends DriverStream, Gate {
  destroy(error?: Error): unknown;
}

interface PgConnection extends DriverConnection {
  readonly stream: PgStream;
  end(): void;
}

/** Connects by `pg`. @throws SyncError database-unavailable, database-misconfigured */
export function openPgWire(options: ConfigOptions, clock: Clock): Promise<DriverWire> {
  return openWire(pgDriver(options), options.connectionString, clock);
}

function pgDriver(options: ConfigOptions): Driver {
  const client = new pg.Client({
    ...clientConfig(options),
    types: { getTypeParser: () => asText },
    ...workerdStream(),
  }) as unknown as DriverClient & { readonly connection: PgConnection };
  // The stream is looked up each time: over TLS it is another one after the handshake.
  const { connection } = client;
  return {
    client,
    gate: { pause: () => connection.stream.pause(), resume: () => connection.stream.resume() },
    arrived: () => undefined,
    farewell: () => connection.end(),
    cut: (error) => connection.stream.destroy(error),
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
