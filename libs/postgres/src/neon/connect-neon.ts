import { SyncError, systemClock } from '@millrace/kernel';
import type { CopySession } from '@millrace/kernel';
import type { ConnectPgOptions } from '../connect-options.js';
import { DriverSession } from '../driver-session.js';
import { openWire } from '../wire/driver-wire.js';
import { neonDriver } from './neon-driver.js';

export interface ConnectNeonOptions extends ConnectPgOptions {
  /**
   * A WebSocket proxy that connects to `?address=host:port`, as `wss://proxy.example/v2`. Default: Neon's own, `wss://<host of the connection
   * string>/v2`. Without TLS (`ws:`) the password and all rows travel in the open: for a loopback alone.
   */
  readonly webSocketProxy?: string;
}

/**
 * Opens a session over a WebSocket by `@neondatabase/serverless`: the face and the errors of {@link connectPg}, where no TCP socket can be had.
 * TLS is the WebSocket's; `sslmode` says nothing here. Postgres cannot be made to wait for a slow reader of COPY: one that falls more than 32 MiB behind
 * loses the session (`limit-exceeded`).
 *
 * @throws SyncError `database-unavailable` if nobody answers, `database-misconfigured` if login or target are wrong
 */
export async function connectNeon(options: ConnectNeonOptions): Promise<CopySession> {
  const { connectionString, connectTimeoutMs = 10_000, clock = systemClock, webSocketProxy } = options;
  const proxy = webSocketProxy === undefined ? null : parseProxy(webSocketProxy);
  const driver = neonDriver({ ...options, connectTimeoutMs, replication: false, proxy }, clock);
  return new DriverSession(await openWire(driver, connectionString, clock));
}

function parseProxy(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^wss?:$/.test(url.protocol)) return url;
  throw new SyncError('database-misconfigured', 'the WebSocket proxy is not of the form wss://host:port/path');
}
