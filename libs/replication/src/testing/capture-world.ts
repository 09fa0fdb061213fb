import { migrateEngine } from '@millrace/migrations-server';
import {
  jsonLogger,
  parseLsn,
  systemClock,
  systemRandom,
  type Logger,
  type Position,
  type Row,
  type SqlParam,
  type SqlSession,
} from '@millrace/kernel';
import { connectPg, openPgReplicationStream } from '@millrace/postgres';
import { quoteTable, type SchemaMeta } from '@millrace/schema-meta';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { createCapture } from '../capture.js';
import type { Capture, CaptureOptions } from '../capture-options.js';
import type { ConfirmedState, ConfirmedStore } from '../confirmed-store.js';
import type { DecoderName } from '../output-plugin.js';
import type { TableWriting } from '../slot/rewrites.js';
import type { Ports } from './mortal.js';
import { schemaOf } from './schemas.js';

/** A real database with the engine's tables and some synced ones, a session to write with, and captures that read it. */
export interface CaptureWorld extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly decoder: DecoderName;
  readonly schema: SchemaMeta;
  readonly sql: SqlSession;
  readonly store: MemoryStore;
  /** Opens one more writer. */
  session(): Promise<SqlSession>;
  /** The ports of a capture of this database. */
  readonly ports: Ports;
  /** A capture of this database; stopped with the world. */
  capture(options?: Partial<CaptureOptions>): Capture;
  /** Resolves when a capture has passed everything that is committed now. */
  settle(capture: Capture): Promise<Position>;
  history(where?: string, params?: readonly SqlParam[]): Promise<readonly Row[]>;
}

/** A store that survives its capture, as a Durable Object's storage does. */
export interface MemoryStore extends ConfirmedStore {
  state: ConfirmedState | null;
  signatures: ReadonlyMap<string, string> | null;
  writings: ReadonlyMap<string, TableWriting> | null;
  memberships: ReadonlyMap<string, string> | null;
}

export function memoryStore(): MemoryStore {
  const store: MemoryStore = {
    state: null,
    signatures: null,
    writings: null,
    memberships: null,
    load: () => Promise.resolve(store.state),
    save: (state) => {
      store.state = state;
      return Promise.resolve();
    },
    loadSignatures: () => Promise.resolve(store.signatures),
    saveSignatures: (signatures) => {
      store.signatures = signatures;
      return Promise.resolve();
    },
    loadWritings: () => Promise.resolve(store.writings),
    saveWritings: (writings) => {
      store.writings = writings;
      return Promise.resolve();
    },
    loadMemberships: () => Promise.resolve(store.memberships),
    saveMemberships: (memberships) => {
      store.memberships = memberships;
      return Promise.resolve();
    },
  };
  return store;
}

export interface WorldOptions {
  /** DDL of the synced tables; each of them becomes REPLICA IDENTITY FULL. */
  readonly ddl?: string;
  readonly schema?: SchemaMeta;
  readonly serverUrl?: string;
  /** Of its captures; default `pgoutput`. */
  readonly decoder?: DecoderName;
}

const ITEMS_DDL = `
  create table items (id int primary key, tenant_id text not null, name text, note text, secret text);`;
export const itemsSchema = schemaOf({
  name: 'items',
  key: ['id'],
  columns: ['id:integer', 'tenant_id:text', 'name:text', 'note:text'],
  serverOnly: ['secret'],
});

export async function captureWorld({
  ddl = ITEMS_DDL,
  schema = itemsSchema,
  serverUrl,
  decoder = 'pgoutput',
}: WorldOptions = {}): Promise<CaptureWorld> {
  const database = await acquireDatabase(serverUrl === undefined ? {} : { serverUrl });
  const connect = () => connectPg({ connectionString: database.url, applicationName: 'replication-spec' });
  await migrateEngine({ url: database.url });
  const sessions: SqlSession[] = [];
  const captures: Capture[] = [];
  const session = async () => {
    const opened = await connect();
    sessions.push(opened);
    return opened;
  };
  const sql = await session();
  await runScript(sql, ddl);
  for (const table of schema.tables) await sql.query(`alter table ${quoteTable(table.name)} replica identity full`);
  const store = memoryStore();
  const ports: Ports = {
    openSql: connect,
    openStream: openPgReplicationStream(database.url, 'replication-spec'),
    store,
  };

  return {
    ports,
    database,
    decoder,
    schema,
    sql,
    store,
    session,
    capture(options = {}) {
      const capture = createCapture({
        schema,
        slot: database.name,
        publication: 'millrace',
        decoder,
        reader: 'stream',
        pollMs: 20,
        idleConfirmMs: 50,
        ...ports,
        clock: systemClock,
        random: systemRandom,
        logger: testLogger,
        ...options,
      });
      captures.push(capture);
      return capture;
    },
    async settle(capture) {
      const { rows } = await sql.query('select pg_current_wal_insert_lsn()::text as lsn');
      return capture.waitFor(parseLsn(rows[0]?.['lsn'] as string));
    },
    async history(where = 'true', params = []) {
      const { rows } = await sql.query(
        `select *, data::text as data, old_data::text as old_data, metadata::text as metadata from sync.change_history where ${where} order by seq`,
        params,
      );
      return rows;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(captures.map((capture) => capture.stop()));
      await Promise.all(sessions.map((opened) => opened.close()));
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Several statements without parameters. */
async function runScript(sql: SqlSession, script: string): Promise<void> {
  for (const statement of script.split(/;\s*$/m)) if (statement.trim()) await sql.query(statement);
}

/** Loud when a test is being looked into: MILLRACE_TEST_LOG=1. */
const testLogger: Logger = jsonLogger(
  (line) => process.env['MILLRACE_TEST_LOG'] && process.stderr.write(`${line}\n`),
  'debug',
);
