import { SqlError, SyncError } from '@millrace/kernel';
import type { CopySession } from '@millrace/kernel';
import { describeCopySession, describeSqlConnection } from '@millrace/testing';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import type { ConnectPgOptions } from './connect-options.js';
import { connectPg } from './pg-session.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await acquireDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

function open(options: Partial<ConnectPgOptions> = {}): Promise<CopySession> {
  return connectPg({ connectionString: database.url, applicationName: 'pg-session-spec', ...options });
}

async function inSession<T>(
  work: (session: CopySession) => Promise<T>,
  options: Partial<ConnectPgOptions> = {},
): Promise<T> {
  const session = await open(options);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function ask(text: string, params: string[] = []): Promise<string | null> {
  return inSession(async (session) => Object.values((await session.query(text, params)).rows[0] ?? {})[0] ?? null);
}

/** Asks Postgres until the answer is the wanted one; the test's own time limit ends it otherwise. */
async function until(wanted: string | null, text: string, params: string[] = []): Promise<void> {
  await inSession(async (session) => {
    for (;;) {
      const { rows } = await session.query(text, params);
      if ((Object.values(rows[0] ?? {})[0] ?? null) === wanted) return;
      await session.query('select pg_sleep(0.02)');
    }
  });
}

const backendPid = async (session: CopySession) =>
  (await session.query('select pg_backend_pid() as pid')).rows[0]?.['pid'] ?? '';

describeSqlConnection('pg', () => open());
describeCopySession('pg', () => open());

describe('connectPg', () => {
  it('[C2] pins the session, whatever role and connection string say', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c TimeZone=Asia/Tokyo -c work_mem=5MB');
    url.searchParams.set('application_name', 'theirs');
    const { rows } = await inSession(
      (session) =>
        session.query(`select current_setting('TimeZone') tz, current_setting('DateStyle') ds, current_setting('IntervalStyle') istyle,
          current_setting('extra_float_digits') efd, current_setting('bytea_output') bo, current_setting('client_encoding') ce,
          current_setting('work_mem') wm, current_setting('application_name') an, current_setting('statement_timeout') st,
          current_setting('lock_timeout') lt, current_setting('idle_in_transaction_session_timeout') it`),
      {
        connectionString: url.href,
        statementTimeoutMs: 1500,
        lockTimeoutMs: 2000,
        idleInTransactionTimeoutMs: 2500,
      },
    );
    expect({ ...rows[0] }).toEqual({
      tz: 'UTC',
      ds: 'ISO, MDY',
      istyle: 'iso_8601',
      efd: '1',
      bo: 'hex',
      ce: 'UTF8',
      wm: '5MB',
      an: 'pg-session-spec',
      st: '1500ms',
      lt: '2s',
      it: '2500ms',
    });
  });

  it('says that nobody answers, without the password', async () => {
    const url = new URL(database.url);
    url.port = '1';
    const error = await open({ connectionString: url.href }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'database-unavailable', message: expect.stringContaining('127.0.0.1:1/') });
    expect(String(error)).not.toContain(url.password);
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'wrong')],
    ['a database that does not exist', (url: URL) => (url.pathname = '/nowhere')],
  ])('says that the login is wrong: %s', async (_what, spoil) => {
    const url = new URL(database.url);
    spoil(url);
    await expect(open({ connectionString: url.href })).rejects.toMatchObject({ code: 'database-misconfigured' });
  });

  it.each(['nonsense', 'mysql://a:secret@host/db', 'postgres:a:secret@host'])(
    'refuses the connection string %p unseen',
    async (text) => {
      const error = await open({ connectionString: text }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'database-misconfigured' });
      expect(String(error)).not.toContain('secret');
    },
  );

  it('says that the server has no TLS, if the connection string wants it', async () => {
    const url = new URL(database.url);
    url.searchParams.set('sslmode', 'require');
    await expect(open({ connectionString: url.href })).rejects.toMatchObject({ code: 'database-misconfigured' });
  });

  it('gives up on a host that takes the connection and says nothing', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    await expect(
      open({ connectionString: `postgres://a:b@127.0.0.1:${port}/c`, connectTimeoutMs: 100 }),
    ).rejects.toMatchObject({
      code: 'database-unavailable',
    });
    silent.close();
  });
});

describe('a session', () => {
  it('says that it has ended when its backend is killed, idle or at work', async () => {
    for (const busy of [false, true]) {
      const session = await open();
      const pid = await backendPid(session);
      const statement = busy ? session.query('select pg_sleep(60)').catch((error: unknown) => error) : null;
      if (busy) await until('active', 'select state from pg_stat_activity where pid = $1', [pid]);
      await ask('select pg_terminate_backend($1)', [pid]);
      expect(await session.ended).toMatchObject({ code: 'database-unavailable' });
      if (statement) expect(await statement).toMatchObject({ code: 'database-unavailable' });
      await expect(session.query('select 1')).rejects.toMatchObject({ code: 'database-unavailable' });
      await session.close();
    }
  });

  it('fails a transaction whose backend is killed, and never reports it as committed', async () => {
    const session = await open();
    const pid = await backendPid(session);
    const transaction = session.transaction(async () => {
      await ask('select pg_terminate_backend($1)', [pid]);
      await session.ended;
    });
    await expect(transaction).rejects.toMatchObject({ code: 'database-unavailable' });
  });

  it('refuses its own use inside its transaction, instead of waiting for itself', async () => {
    await inSession(async (session) => {
      await session.transaction(async (tx) => {
        await expect(session.query('select 1')).rejects.toMatchObject({ code: 'assertion-failed' });
        await expect(session.transaction(async () => undefined)).rejects.toMatchObject({ code: 'assertion-failed' });
        await expect(tx.transaction(async () => undefined)).rejects.toMatchObject({ code: 'assertion-failed' });
        await tx.query('select 1');
      });
    });
  });

  it('refuses a statement on a transaction that has ended', async () => {
    await inSession(async (session) => {
      const leaked = await session.transaction(async (tx) => tx);
      await expect(leaked.query('select 1')).rejects.toMatchObject({ code: 'assertion-failed' });
    });
  });

  it('takes a statement time-out for an error of the statement', async () => {
    await inSession(
      async (session) => {
        await expect(session.query('select pg_sleep(60)')).rejects.toMatchObject({
          code: '57014',
          name: SqlError.name,
        });
        await session.query('select 1');
      },
      { statementTimeoutMs: 50 },
    );
  });
});

describe('COPY', () => {
  // About 200 MB: far above all socket buffers and the queue.
  const large = `copy (select g, repeat(md5(g::text), 32) from generate_series(1, 200000) g) to stdout (format binary)`;

  it('[I11] waits for a slow reader, with bounded memory', async () => {
    const before = memory();
    const session = await open();
    const pid = await backendPid(session);
    const blocks = session.copyOut(large);
    await blocks.next();
    await until('ClientWrite', 'select wait_event from pg_stat_activity where pid = $1', [pid]);
    expect(memory() - before).toBeLessThan(20e6);
    let bytes = 0;
    for (;;) {
      const next = await blocks.next();
      if (next.done) {
        expect(next.value.rowCount).toBe(200_000);
        break;
      }
      bytes += next.value.length;
    }
    expect(bytes).toBeGreaterThan(200e6);
    await session.close();
  });

  it('ends the session if its reader leaves early, so that Postgres lets the snapshot go', async () => {
    const session = await open();
    const pid = await backendPid(session);
    const transaction = session.transaction(async () => {
      for await (const block of session.copyOut(large)) if (block.length > 0) break;
    });
    await expect(transaction).rejects.toBeInstanceOf(SyncError);
    expect(await session.ended).toMatchObject({ code: 'closed' });
    await until('0', 'select count(*)::text from pg_stat_activity where pid = $1', [pid]);
  });

  it('is ended by close, even while Postgres waits', async () => {
    const session = await open();
    const pid = await backendPid(session);
    const blocks = session.copyOut(large);
    await blocks.next();
    await until('ClientWrite', 'select wait_event from pg_stat_activity where pid = $1', [pid]);
    await session.close();
    await until('0', 'select count(*)::text from pg_stat_activity where pid = $1', [pid]);
    await expect(drain(blocks)).rejects.toBeInstanceOf(SyncError);
  });

  it('fails when its backend is killed in the middle', async () => {
    const session = await open();
    const pid = await backendPid(session);
    const blocks = session.copyOut(large);
    await blocks.next();
    await ask('select pg_terminate_backend($1)', [pid]);
    await expect(drain(blocks)).rejects.toMatchObject({ code: 'database-unavailable' });
    await session.close();
  });

  it('passes notices in the middle on, and loses no row by them', async () => {
    await inSession(async (session) => {
      await session.query(`create function pg_temp.loud(n int) returns int language plpgsql as
        $$ begin if n % 1000 = 0 then raise notice 'at %', n; end if; return n; end $$`);
      const blocks = session.copyOut(
        `copy (select pg_temp.loud(g) from generate_series(1, 20000) g) to stdout (format binary)`,
      );
      expect(await drain(blocks)).toEqual({ rowCount: 20_000 });
    });
  });

  it('refuses a statement that is no COPY', async () => {
    await inSession(async (session) => {
      await expect(drain(session.copyOut('select 1'))).rejects.toMatchObject({ code: 'assertion-failed' });
      await session.query('select 1');
    });
  });
});

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function drain(blocks: AsyncGenerator<Uint8Array, { rowCount: number }, void>): Promise<{ rowCount: number }> {
  for (;;) {
    const next = await blocks.next();
    if (next.done) return next.value;
  }
}
