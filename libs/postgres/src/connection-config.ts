import { SyncError } from '@millrace/kernel';
import type { ClientConfig } from 'pg';

export interface SessionTimeouts {
  /** Longest time of one statement, ms. Default: none. */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a lock, ms. Default: none. */
  readonly lockTimeoutMs?: number;
  /** Postgres ends a session that idles inside a transaction for longer, ms. Default: none. */
  readonly idleInTransactionTimeoutMs?: number;
}

export interface ConfigOptions extends SessionTimeouts {
  readonly connectionString: string;
  /** Shown in `pg_stat_activity`; by it the sleep rule [Z1] is checked. */
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  readonly replication: boolean;
}

/** One text per value, whatever the role, database or server would choose [C2]. A walsender needs them too: its plug-in prints by them. */
const PINS: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  IntervalStyle: 'iso_8601',
  extra_float_digits: '1',
  bytea_output: 'hex',
  client_encoding: 'UTF8',
};

/** What Postgres reports back about the pins of which it speaks. */
const REPORTED: Readonly<Record<string, RegExp>> = {
  TimeZone: /^UTC$/,
  DateStyle: /^ISO/,
  IntervalStyle: /^iso_8601$/,
  client_encoding: /^UTF8$/,
};

/** The driver's configuration. @throws SyncError database-misconfigured if the connection string is none */
export function clientConfig(options: ConfigOptions): ClientConfig & { replication?: string } {
  const url = parseConnectionString(options.connectionString);
  // The driver lets these win over what it is told, so they are taken out and merged here.
  const ownOptions = url.searchParams.get('options');
  for (const name of ['options', 'application_name', 'client_encoding', 'replication']) url.searchParams.delete(name);
  nameTlsMode(url);
  return {
    connectionString: url.href,
    application_name: options.applicationName,
    options: [ownOptions, startupOptions(options)].filter(Boolean).join(' '),
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(options.replication ? { replication: 'database' } : {}),
  };
}

/** The driver verifies the server in these modes too, and warns on every start that it will cease to: what it does is asked for by name. */
function nameTlsMode(url: URL): void {
  const mode = url.searchParams.get('sslmode') ?? '';
  const asLibpq = url.searchParams.get('uselibpqcompat') === 'true';
  if (!asLibpq && ['prefer', 'require', 'verify-ca'].includes(mode)) url.searchParams.set('sslmode', 'verify-full');
}

/**
 * Throws `database-misconfigured` if a pooler between us and Postgres dropped the pins: values would then be text of another shape,
 * and differ between snapshot and stream (I10).
 */
export function checkPins(reported: ReadonlyMap<string, string>): void {
  for (const [name, wanted] of Object.entries(REPORTED)) {
    const value = reported.get(name);
    if (value !== undefined && wanted.test(value)) continue;
    throw new SyncError(
      'database-misconfigured',
      `the session has ${name} = ${value ?? 'unknown'} although ${PINS[name] ?? ''} was asked for: a pooler seems to drop session settings; use the direct connection string`,
    );
  }
}

/** Host, port and database: what may be said of a connection string in a message. */
export function describeTarget(connectionString: string): string {
  const url = parseConnectionString(connectionString);
  return `${url.hostname || 'localhost'}:${url.port || '5432'}${url.pathname}`;
}

function parseConnectionString(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^postgres(ql)?:\/\//.test(text)) return url;
  // The text itself is not shown: it may hold a password.
  throw new SyncError(
    'database-misconfigured',
    'the connection string is not of the form postgres://user:password@host:port/database',
  );
}

function startupOptions(options: ConfigOptions): string {
  const settings: Record<string, string> = { ...PINS };
  // SQL timeouts have no place in a stream that is meant to last, even if the role has some by default.
  settings['statement_timeout'] = milliseconds(options.replication ? 0 : options.statementTimeoutMs);
  settings['lock_timeout'] = milliseconds(options.lockTimeoutMs);
  settings['idle_in_transaction_session_timeout'] = milliseconds(options.idleInTransactionTimeoutMs);
  return Object.entries(settings)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '' : String(Math.max(0, Math.ceil(value)));
}
