import type { Clock } from '@millrace/kernel';
import type { SessionTimeouts } from './connection-config.js';

export interface ConnectPgOptions extends SessionTimeouts {
  /** `postgres://user:password@host:port/database?sslmode=…` */
  readonly connectionString: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Default 10 s. */
  readonly connectTimeoutMs?: number;
  readonly clock?: Clock;
}
