import { SyncError, type LogLevel } from '@millrace/kernel';
import type { SleepBounds } from '@millrace/replication';
import * as v from 'valibot';
import type { Env } from './env.js';

const optionalText = v.optional(v.string());
const oneOf = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `must be one of ${options.join(', ')}`);
const address = v.pipe(v.string(), v.url('must be an absolute URL, say https://id.example/.well-known/jwks.json'));

/** A whole number from `min` to `max`, as text. */
const wholeNumber = (preset: number, min: number, max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(
    v.optional(v.string(), String(preset)),
    v.regex(/^\d{1,16}$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );

const settingsSchema = v.object({
  /** Connection string of the source Postgres. */
  DATABASE_URL: v.pipe(
    v.optional(v.string(), ''),
    v.minLength(1, 'is not set: give the Worker the connection string of your Postgres'),
  ),
  /** HS256 secret of tokens, at least 32 characters; or a JWKS, which wins. */
  MILLRACE_JWT_SECRET: v.optional(
    v.pipe(v.string(), v.minLength(32, 'must have at least 32 characters: a shorter secret can be guessed')),
  ),
  MILLRACE_JWKS_URL: v.optional(address),
  MILLRACE_JWT_ISSUER: optionalText,
  MILLRACE_JWT_AUDIENCE: optionalText,
  /** Bearer token of `/api/admin/*`. Without one the admin routes answer 404. */
  MILLRACE_ADMIN_TOKEN: v.optional(
    v.pipe(v.string(), v.regex(/^\S+$/, 'must not hold spaces: no header could carry it')),
  ),
  /** Origins, separated by commas, whose pages may connect and call beside the Worker's own. */
  MILLRACE_ALLOWED_ORIGINS: v.pipe(
    v.optional(v.string(), ''),
    v.transform((text) =>
      text
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    ),
    v.everyItem(
      isOrigin,
      'must be origins separated by commas, say https://app.example (no path, no slash at the end)',
    ),
  ),
  /** `1` opens `/api/dev/sign-in` on loopback. */
  MILLRACE_DEV: v.optional(v.string(), ''),
  MILLRACE_LOG_LEVEL: v.optional(oneOf(['debug', 'info', 'warn', 'error']), 'info'),
  /** Number of GatewayDOs, each with two connections. */
  MILLRACE_GATEWAYS: v.pipe(
    v.optional(v.string(), '4'),
    v.regex(/^([1-9]|[1-5]\d|6[0-4])$/, 'must be a whole number from 1 to 64'),
    v.transform(Number),
  ),
  /** Name of the replication slot and of the publication: one per Worker, unique on the whole Postgres server. */
  MILLRACE_SLOT: v.pipe(
    v.optional(v.string(), 'millrace'),
    v.regex(/^[a-z0-9_]{1,63}$/, 'must be a slot name: 1 to 63 of a–z, 0–9 and _'),
  ),
  /** Secret of snapshot keys. Default: made from the tokens' secret, else one that the ReplicationDO makes and keeps. */
  MILLRACE_SNAPSHOT_SECRET: v.optional(
    v.pipe(v.string(), v.minLength(32, 'must have at least 32 characters: a shorter secret can be guessed')),
  ),
  /** Bytes that stored snapshots may take, over all scopes. */
  MILLRACE_SNAPSHOT_BYTES: wholeNumber(2 * 1024 ** 3, 1024 ** 2),
  /** Seconds after which a snapshot that nobody asked for is removed. */
  MILLRACE_SNAPSHOT_AGE: wholeNumber(7 * 24 * 3600, 3600),
  /** Changes in scope after which a table is read anew rather than handed out with its tail: this share of its rows, within bounds. */
  MILLRACE_SNAPSHOT_STALE_PERCENT: wholeNumber(10, 0, 100),
  MILLRACE_SNAPSHOT_STALE_MIN: wholeNumber(1_000, 0),
  MILLRACE_SNAPSHOT_STALE_MAX: wholeNumber(50_000, 0),
  /** Seconds for which one table may be read. It stays locked against DDL, which has it end early, and its old row versions are kept meanwhile. */
  MILLRACE_SNAPSHOT_READ: wholeNumber(30 * 60, 60, 24 * 3600),
  /** Seconds without a client after which all connections to Postgres are closed; 0: never [Z1]. */
  MILLRACE_IDLE_AFTER: wholeNumber(60, 0, 24 * 3600),
  /** Seconds after which a sleeping server looks by itself. WAL is retained for as long; hosts drop slots that rest for days. */
  MILLRACE_MAX_SLEEP: wholeNumber(3600, 1, 24 * 3600),
  /** `stream` holds a replication connection (about 4 ms); `poll` asks each second and after own writes. `auto` is poll. */
  CAPTURE_READER: v.optional(oneOf(['auto', 'stream', 'poll']), 'auto'),
  /** The output plug-in that reads the WAL. `auto` is pgoutput, which every server has. Another one than before begins a new epoch. */
  CAPTURE_DECODER: v.optional(oneOf(['auto', 'pgoutput', 'wal2json']), 'auto'),
  /** By what SQL sessions reach Postgres. `neon` goes over a WebSocket; snapshots and the replication stream need a TCP socket whatever this says. */
  MILLRACE_DRIVER: v.optional(oneOf(['pg', 'neon']), 'pg'),
  /** WebSocket proxy of the driver `neon`; default: the one that Neon runs on the host of the connection string. */
  MILLRACE_NEON_PROXY: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^wss?:\/\/[^\s?#]+$/, 'must be the address of a WebSocket, say wss://proxy.example/v2'),
    ),
  ),
});

/** Everything that can be configured, decoded once. */
export interface Settings {
  readonly databaseUrl: string;
  readonly jwtSecret: string | null;
  readonly jwksUrl: string | null;
  readonly jwtIssuer: string | null;
  readonly jwtAudience: string | null;
  readonly adminToken: string | null;
  readonly allowedOrigins: readonly string[];
  readonly dev: boolean;
  readonly logLevel: LogLevel;
  readonly gateways: number;
  readonly slot: string;
  /** Null: see `snapshot-keys.ts`. */
  readonly snapshotSecret: string | null;
  readonly snapshots: SnapshotSettings;
  readonly sleep: SleepSettings;
  readonly reader: 'stream' | 'poll';
  readonly decoder: 'pgoutput' | 'wal2json';
  readonly driver: 'pg' | 'neon';
  /** Null: Neon's own. */
  readonly neonProxy: string | null;
}

/** How long stored snapshots are kept and handed out. */
export interface SnapshotSettings {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** A table is stale after max(min, min(max, percent of its rows)) changes in scope. */
  readonly stalePercent: number;
  readonly staleMin: number;
  readonly staleMax: number;
  /** One table may be read for so long, as long as it gets on. */
  readonly readMs: number;
}

/** When connections to Postgres are closed, ms. */
export interface SleepSettings extends SleepBounds {
  /** So long an object keeps a session that it does not use: less than idleAfter, so that none outlives the others. */
  readonly sessionIdleMs: number;
}

const SESSION_IDLE_MS = 30_000;

/** Throws `database-misconfigured` with the name of the variable that is wrong and what it should be; never with its value, which may be a secret. */
export function readSettings(env: Env): Settings {
  const result = v.safeParse(settingsSchema, textVariables(env));
  if (!result.success) {
    const [issue] = result.issues;
    const name = String(issue.path?.[0].key ?? '');
    throw new SyncError('database-misconfigured', `setting ${name} ${issue.message}`);
  }
  const values = result.output;
  if (!values.MILLRACE_JWT_SECRET && !values.MILLRACE_JWKS_URL) {
    throw new SyncError(
      'database-misconfigured',
      'neither setting MILLRACE_JWT_SECRET nor MILLRACE_JWKS_URL is set: no token could be verified',
    );
  }
  return {
    databaseUrl: values.DATABASE_URL,
    jwtSecret: values.MILLRACE_JWT_SECRET ?? null,
    jwksUrl: values.MILLRACE_JWKS_URL ?? null,
    jwtIssuer: values.MILLRACE_JWT_ISSUER ?? null,
    jwtAudience: values.MILLRACE_JWT_AUDIENCE ?? null,
    adminToken: values.MILLRACE_ADMIN_TOKEN ?? null,
    allowedOrigins: values.MILLRACE_ALLOWED_ORIGINS,
    dev: values.MILLRACE_DEV === '1',
    logLevel: values.MILLRACE_LOG_LEVEL,
    gateways: values.MILLRACE_GATEWAYS,
    slot: values.MILLRACE_SLOT,
    snapshotSecret: values.MILLRACE_SNAPSHOT_SECRET ?? null,
    snapshots: {
      maxBytes: values.MILLRACE_SNAPSHOT_BYTES,
      maxAgeMs: values.MILLRACE_SNAPSHOT_AGE * 1000,
      stalePercent: values.MILLRACE_SNAPSHOT_STALE_PERCENT,
      staleMin: values.MILLRACE_SNAPSHOT_STALE_MIN,
      staleMax: values.MILLRACE_SNAPSHOT_STALE_MAX,
      readMs: values.MILLRACE_SNAPSHOT_READ * 1000,
    },
    sleep: {
      idleAfterMs: values.MILLRACE_IDLE_AFTER * 1000,
      maxSleepMs: values.MILLRACE_MAX_SLEEP * 1000,
      sessionIdleMs: Math.min(SESSION_IDLE_MS, values.MILLRACE_IDLE_AFTER * 500 || SESSION_IDLE_MS),
    },
    reader: values.CAPTURE_READER === 'stream' ? 'stream' : 'poll',
    decoder: values.CAPTURE_DECODER === 'wal2json' ? 'wal2json' : 'pgoutput',
    driver: values.MILLRACE_DRIVER,
    neonProxy: values.MILLRACE_NEON_PROXY ?? null,
  };
}

/** Browsers compare and send exactly this text; `https://app.example/` would never match. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** Standalone workerd hands over null for a variable that is not set, and bindings are objects: neither is a setting. Empty ones count as not set. */
function textVariables(env: Env): Record<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  );
  return Object.fromEntries(entries);
}
