import { acquireDatabase } from '@millrace/testing-postgres';
import type { TestDatabase } from '@millrace/testing-postgres';
import { findFreePort } from '@millrace/processes';
import pg from 'pg';
import { checkDatabase, checkFacts, checkUrl } from './preflight.js';
import type { ServerFacts } from './preflight.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await acquireDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

function urlWith(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

/** What a person is told. */
async function failureOf(url: string): Promise<string> {
  try {
    await checkDatabase(url);
  } catch (error) {
    const { message, why, wayOut } = error as { message: string; why: string; wayOut: string[] };
    return [message, why, ...wayOut].join('\n');
  }
  throw new Error('it was accepted');
}

describe('checkDatabase', () => {
  it('accepts a Postgres from which changes can be captured', async () => {
    expect(await checkDatabase(database.url)).toMatchObject({
      walLevel: 'logical',
      mayReplicate: true,
      mayCreate: true,
    });
  });

  it('tells of a server that does not answer', async () => {
    const port = await findFreePort();
    const told = await failureOf(urlWith((url) => (url.port = String(port))));
    expect(told).toContain(`no Postgres answers at 127.0.0.1:${port} (ECONNREFUSED)`);
  });

  it('tells of a host that does not exist', async () => {
    expect(await failureOf('postgres://u:secret@no-such-host.invalid/db')).toContain(
      'no such host: no-such-host.invalid',
    );
  });

  it('tells of a wrong password, and never shows it', async () => {
    const told = await failureOf(urlWith((url) => (url.password = 'hunter2')));
    expect(told).toContain('password authentication failed');
    expect(told).not.toContain('hunter2');
  });

  it('tells of a server without TLS what can be done, and does not advise what was just tried', async () => {
    const warned = jest.spyOn(process, 'emitWarning');
    const told = await failureOf(urlWith((url) => (url.search = '?sslmode=require')));
    expect(told).toMatch(/does not support SSL[\s\S]*sslmode=disable/);
    expect(told).not.toContain('sslmode=require to DATABASE_URL');
    expect(warned).not.toHaveBeenCalled();
  });

  it('tells of an unknown database and how to make it', async () => {
    expect(await failureOf(urlWith((url) => (url.pathname = '/nowhere')))).toMatch(
      /"nowhere" does not exist\ncreate it: createdb nowhere/,
    );
  });

  it('tells of a role without REPLICATION and how to give it', async () => {
    const role = `plain_${database.name}`;
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(`create role ${role} login password 'plain'`);
      const url = urlWith((it) => {
        it.username = role;
        it.password = 'plain';
      });
      expect(await failureOf(url)).toMatch(
        new RegExp(`the role ${role} may not replicate[\\s\\S]*ALTER ROLE "${role}" REPLICATION`),
      );
      await client.query(`alter role ${role} replication`);
      expect(await failureOf(url)).toContain('GRANT CREATE ON DATABASE');
      await client.query(`grant create on database ${database.name} to ${role}`);
      expect(await checkDatabase(url)).toMatchObject({ role, mayReplicate: true, mayCreate: true });
    } finally {
      await client.query(`drop owned by ${role}; drop role ${role}`);
      await client.end();
    }
  });
});

describe('checkUrl', () => {
  it.each(['', 'localhost', 'mysql://u@h/d'])('refuses %p', (url) => {
    expect(() => checkUrl(url)).toThrow('DATABASE_URL is no connection string of Postgres');
  });

  it('refuses a password that is not percent-encoded, and shows none of it', () => {
    expect(() => checkUrl('postgres://o:p@ss/w:rd#1@host/db')).toThrow(
      expect.objectContaining({
        why: expect.stringMatching(/: postgres:\/\/o:\*\*\*@host\/db$/),
        wayOut: [expect.stringContaining('percent-encode')],
      }),
    );
  });

  it.each(['sslmode=no-verify', 'sslmode=verify-full&sslrootcert=/ca.pem', 'sslmode=require&uselibpqcompat=true'])(
    'refuses %s, which the sync server could not follow',
    (parameters) => {
      expect(() => checkUrl(`postgres://u:p@h/d?${parameters}`)).toThrow(
        expect.objectContaining({
          message: expect.stringContaining('DATABASE_URL asks for a TLS that the sync server does not have'),
          wayOut: expect.arrayContaining([expect.stringContaining('sslmode=disable')]),
        }),
      );
    },
  );

  it.each(['', '?sslmode=require', '?sslmode=verify-full', '?sslmode=disable', '?sslmode=disable&uselibpqcompat=true'])(
    'takes a connection string with %p',
    (parameters) => {
      expect(() => checkUrl(`postgres://u:p@h/d${parameters}`)).not.toThrow();
    },
  );

  it('refuses a pooled Neon endpoint and names the direct one', () => {
    expect(() => checkUrl('postgres://u:p@ep-cool-1-pooler.eu-central-1.aws.neon.tech/db')).toThrow(
      expect.objectContaining({ wayOut: ['use the direct endpoint: ep-cool-1.eu-central-1.aws.neon.tech'] }),
    );
  });
});

describe('checkFacts', () => {
  const good: ServerFacts = { version: 150_004, walLevel: 'logical', role: 'app', mayReplicate: true, mayCreate: true };

  it.each([
    [{ version: 140_011 }, 'this Postgres is version 14'],
    [{ walLevel: 'replica' }, 'wal_level is replica'],
    [{ mayReplicate: false }, 'the role app may not replicate'],
    [{ mayCreate: false }, 'the role app may not create a schema'],
  ])('refuses %p', (flaw, message) => {
    expect(() => checkFacts({ ...good, ...flaw })).toThrow(message);
  });

  it('accepts what capture needs', () => {
    expect(() => checkFacts(good)).not.toThrow();
  });
});
