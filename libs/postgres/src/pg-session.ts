import { systemClock } from '@millrace/kernel';
import type { CopySession } from '@millrace/kernel';
import type { ConnectPgOptions } from './connect-options.js';
import { DriverSession } from './driver-session.js';
import { openPgWire } from './pg-wire.js';

/**
 * Opens a session on a server, in Node and in workerd alike. In workerd a session belongs to the Durable Object (or request) that
 * opened it. Reading a COPY only in part ends the session.
 *
 * @throws SyncError `database-unavailable` if nobody answers, `database-misconfigured` if login or target are wrong
 */
export async function connectPg(options: ConnectPgOptions): Promise<CopySession> {
  const wire = await openPgWire(
    { ...options, connectTimeoutMs: options.connectTimeoutMs ?? 10_000, replication: false },
    options.clock ?? systemClock,
  );
  return new DriverSession(wire);
}
