import pg from 'pg';
import { UserError } from '@millrace/processes';
import { connectFailure } from './connect-failure.js';
import { hasUnencodedPassword, redactUrl } from './redact-url.js';
import { nameTlsMode, privateTrust } from './tls-mode.js';

/** What capture needs of a Postgres, as the server tells it. */
export interface ServerFacts {
  /** As `server_version_num`: 150004 is 15.4. */
  readonly version: number;
  readonly walLevel: string;
  readonly role: string;
  readonly mayReplicate: boolean;
  readonly mayCreate: boolean;
}

const CONNECT_WITHIN_MS = 15_000;

/**
 * Makes sure that changes can be captured from this Postgres, before anything is written to it.
 * @throws UserError with the way out: unreachable, wrong password, unknown database, pooled endpoint, too old,
 * wal_level, missing rights
 */
export async function checkDatabase(url: string): Promise<ServerFacts> {
  checkUrl(url);
  const client = new pg.Client({ connectionString: nameTlsMode(url), connectionTimeoutMillis: CONNECT_WITHIN_MS });
  client.on('error', () => undefined); // the query under way rejects with the same error
  try {
    await client.connect();
  } catch (error) {
    throw connectFailure(url, error);
  }
  try {
    const facts = await readFacts(client);
    checkFacts(facts);
    return facts;
  } finally {
    await client.end();
  }
}

/** @throws UserError for a text that can't be a direct connection */
export function checkUrl(url: string): void {
  if (hasUnencodedPassword(url)) {
    throw new UserError('DATABASE_URL would be read as another one than you mean', {
      why: `a character of the user or password ends the name of the host too early: ${redactUrl(url)}`,
      wayOut: ['percent-encode it: / is %2F, ? is %3F, # is %23, @ is %40, : is %3A, % is %25'],
    });
  }
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  if (scheme !== 'postgres:' && scheme !== 'postgresql:') {
    throw new UserError('DATABASE_URL is no connection string of Postgres', {
      why: 'it has to be a URL that begins with postgres://',
      wayOut: ['DATABASE_URL=postgres://user:password@host:5432/database npm start'],
    });
  }
  const untold = privateTrust(new URL(url));
  if (untold.length > 0) {
    throw new UserError('DATABASE_URL asks for a TLS that the sync server does not have', {
      why: `workerd trusts certificates of public authorities alone, and knows nothing of ${untold.join(', ')}`,
      wayOut: [
        'give the server a certificate of a public authority, and ask for sslmode=require',
        'or, on a network that you trust, a connection without TLS: sslmode=disable',
      ],
    });
  }
  const { hostname } = new URL(url);
  if (!hostname.includes('-pooler.')) return;
  throw new UserError('DATABASE_URL is a pooled endpoint', {
    why: `${hostname} goes through a connection pooler, which cannot carry replication`,
    wayOut: [`use the direct endpoint: ${hostname.replace('-pooler.', '.')}`],
  });
}

/** @throws UserError for the first thing that capture lacks */
export function checkFacts(facts: ServerFacts): void {
  if (facts.version < 150_000) {
    throw new UserError(`this Postgres is version ${Math.trunc(facts.version / 10_000)}`, {
      why: 'Millrace needs 15 or newer',
      wayOut: ['upgrade it', 'or, to try Millrace, run npm start without DATABASE_URL'],
    });
  }
  if (facts.walLevel !== 'logical') {
    throw new UserError(`wal_level is ${facts.walLevel}`, {
      why: 'changes are read from the write-ahead log, which holds them only with wal_level = logical',
      wayOut: [
        'ALTER SYSTEM SET wal_level = logical;  then restart Postgres',
        'Neon: Project settings → Logical replication → Enable. Others: the parameter may be called rds.logical_replication',
      ],
    });
  }
  if (!facts.mayReplicate) {
    throw new UserError(`the role ${facts.role} may not replicate`, {
      why: 'reading changes needs the right REPLICATION',
      wayOut: [
        `as a superuser: ALTER ROLE "${facts.role}" REPLICATION;`,
        'Amazon RDS: GRANT rds_replication TO the role',
      ],
    });
  }
  if (!facts.mayCreate) {
    throw new UserError(`the role ${facts.role} may not create a schema in this database`, {
      why: 'the history of changes is kept in a schema named sync',
      wayOut: [`as the owner: GRANT CREATE ON DATABASE … TO "${facts.role}";`],
    });
  }
}

async function readFacts(client: pg.Client): Promise<ServerFacts> {
  const { rows } = await client.query<{
    version: number;
    wal_level: string;
    role: string;
    may_replicate: boolean;
    may_create: boolean;
  }>(`
    select current_setting('server_version_num')::int as version,
           current_setting('wal_level') as wal_level,
           current_user as role,
           r.rolsuper or r.rolreplication or exists (
             select from pg_roles m where m.rolname = 'rds_replication' and pg_has_role(current_user, m.oid, 'member')
           ) as may_replicate,
           has_database_privilege(current_database(), 'CREATE') or to_regnamespace('sync') is not null as may_create
      from pg_roles r
     where r.rolname = current_user`);
  const [row] = rows;
  if (row === undefined) throw new Error('the server knows no role for this connection');
  return {
    version: row.version,
    walLevel: row.wal_level,
    role: row.role,
    mayReplicate: row.may_replicate,
    mayCreate: row.may_create,
  };
}
