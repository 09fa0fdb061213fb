import { CatalogueCache } from '@millrace/change-history';
import { must, silentLogger, type CopySession, type Row } from '@millrace/kernel';
import { migrateEngine } from '@millrace/migrations-server';
import { connectPg } from '@millrace/postgres';
import { noValidators } from '@millrace/schema-meta';
import type { Mutation, MutationChange, MutationResult } from '@millrace/sync-protocol';
import type { Principal } from '@millrace/sync-rules';
import { acquireDatabase } from '@millrace/testing-postgres';
import type { MutationContext } from '../context.js';
import { push, type PushOutcome } from '../push.js';
import { registerClient } from '../register-client.js';
import { createTimeoutCounter } from '../timeout-counter.js';
import { workshop, workshopSql } from './workshop-schema.js';

export const SLOT = 'millrace';
export const EPOCH = '00000000-0000-4000-8000-00000000e0e0';

/** A uuid that says which one it is. */
export function id(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export function principalOf(sub: string, team: string): Principal {
  return { sub, claims: { sub, team }, expiresAt: 4_000_000_000 };
}

/** One client that numbers its mutations as a real one does. */
export class Writer {
  nextId = 1;
  readonly #world: WriteWorld;
  readonly clientId: string;
  readonly principal: Principal;

  constructor(world: WriteWorld, clientId: string, principal: Principal) {
    this.#world = world;
    this.clientId = clientId;
    this.principal = principal;
  }

  mutation(...changes: MutationChange[]): Mutation {
    const mutationId = this.nextId++;
    return { mutationId, txId: this.#world.newId(), changes };
  }

  /** Pushes mutations as they are. */
  push(
    mutations: readonly Mutation[],
    options: Partial<MutationContext> & { epoch?: string; sql?: CopySession; schemaVersion?: string } = {},
  ): Promise<PushOutcome> {
    const { epoch = EPOCH, sql = this.#world.sql, schemaVersion = workshop.version, ...context } = options;
    const request = { clientId: this.clientId, epoch, schemaVersion, mutations: [...mutations] };
    return push(sql, request, { ...this.#world.contextOf(this.principal), ...context });
  }

  /** Pushes one mutation of these changes and gives its result. */
  async write(...changes: MutationChange[]): Promise<MutationResult> {
    return must(resultsOf(await this.push([this.mutation(...changes)]))[0], 'a result');
  }
}

export function resultsOf(outcome: PushOutcome): readonly MutationResult[] {
  if (outcome.kind === 'results') return outcome.results;
  throw new Error(`expected results, got ${JSON.stringify(outcome)}`);
}

/** A backend's process id, as text. */
export type SessionId = string;

export async function sessionIdOf(session: CopySession): Promise<SessionId> {
  const { rows } = await session.query('select pg_backend_pid() as pid');
  return must(rows[0]?.['pid'], 'a process id');
}

/** A server with the engine's tables and the workshop's. */
export interface WriteWorld extends AsyncDisposable {
  readonly sql: CopySession;
  /** One more session, closed at the end. */
  connect(): Promise<CopySession>;
  /** Resolves when the session waits for a lock that another one holds. */
  untilBlocked(session: SessionId): Promise<void>;
  newId(): string;
  contextOf(principal: Principal): MutationContext;
  /** A registered client. */
  writer(sub?: string, team?: string): Promise<Writer>;
  /** Rows of a query, in plain objects. */
  rows(sql: string): Promise<Row[]>;
}

export async function openWriteWorld(): Promise<WriteWorld> {
  const database = await acquireDatabase();
  const sessions: CopySession[] = [];
  let lastId = 900_000;

  async function connect(): Promise<CopySession> {
    const session = await connectPg({ connectionString: database.url, applicationName: 'mutations-spec' });
    sessions.push(session);
    return session;
  }

  await migrateEngine({ url: database.url, log: () => undefined });
  const sql = await connect();
  await sql.query(workshopSql);
  await sql.query(
    `insert into sync.replication_state values ('${SLOT}', '${EPOCH}', 0, 'c', '0/0', '0/0', '1', 1, '1.0.0')`,
  );

  const world: WriteWorld = {
    sql,
    connect,
    untilBlocked: async (session) => {
      const isBlocked = 'select cardinality(pg_blocking_pids($1::text::int)) > 0 as is_blocked, pg_sleep(0.01)';
      while ((await sql.query(isBlocked, [session])).rows[0]?.['is_blocked'] !== 't');
    },
    newId: () => id(++lastId),
    contextOf: (principal) => ({
      catalogue: new CatalogueCache(workshop),
      principal,
      validators: noValidators,
      slot: SLOT,
      timeouts: createTimeoutCounter(),
      logger: silentLogger,
    }),
    writer: async (sub = 'ann', team = 'red') => {
      const principal = principalOf(sub, team);
      const clientId = world.newId();
      await registerClient(sql, { clientId, principal, slot: SLOT });
      return new Writer(world, clientId, principal);
    },
    rows: async (text) => (await sql.query(text)).rows.map((row) => ({ ...row })),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sessions.map((session) => session.close()));
      await database[Symbol.asyncDispose]();
    },
  };
  return world;
}

export function insert(table: string, set: Row, key: Row = { id: set['id'] as string }): MutationChange {
  return { table, operation: 'insert', key, set, old: {}, version: null };
}

export function update(
  table: string,
  key: Row,
  set: Row,
  base: { old?: Row; version?: string | null } = {},
): MutationChange {
  return { table, operation: 'update', key, set, old: base.old ?? {}, version: base.version ?? null };
}

export function remove(table: string, key: Row, base: { old?: Row; version?: string | null } = {}): MutationChange {
  return { table, operation: 'delete', key, set: {}, old: base.old ?? {}, version: base.version ?? null };
}
