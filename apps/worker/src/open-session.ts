import type { CopySession } from '@millrace/kernel';
import { connectPg, type SessionTimeouts } from '@millrace/postgres';
import { connectNeon } from '@millrace/postgres/neon';
import type { Settings } from './settings.js';

export interface SessionOptions extends SessionTimeouts {
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
}

/** Opens a session by the driver that the settings name. Not for COPY: see {@link openCopySession}. */
export function openSession(settings: Settings, options: SessionOptions): Promise<CopySession> {
  const { databaseUrl: connectionString, driver, neonProxy } = settings;
  if (driver === 'pg') return connectPg({ connectionString, ...options });
  return connectNeon({ connectionString, ...options, ...(neonProxy === null ? {} : { webSocketProxy: neonProxy }) });
}

/** Opens a session that reads rows by COPY: over TCP whatever the driver, since over a WebSocket Postgres would not wait for whoever reads them. */
export function openCopySession({ databaseUrl }: Settings, options: SessionOptions): Promise<CopySession> {
  return connectPg({ connectionString: databaseUrl, ...options });
}
