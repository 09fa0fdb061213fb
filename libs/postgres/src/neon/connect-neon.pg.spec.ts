import { createServer, type AddressInfo } from 'node:net';
import { SyncError } from '@millrace/kernel';
import type { CopySession } from '@millrace/kernel';
import { describeCopySession, describeSqlConnection } from '@millrace/testing';
import {
  acquireDatabase,
  startWebSocketBridge,
  type TestDatabase,
  type WebSocketBridge,
} from '@millrace/testing-postgres';
import { connectNeon, type ConnectNeonOptions } from './connect-neon.js';

let database: TestDatabase;
let bridge: WebSocketBridge;
beforeAll(async () => {
  database = await acquireDatabase();
  bridge = await startWebSocketBridge();
});
afterAll(async () => {
  await bridge[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function open(options: Partial<ConnectNeonOptions> = {}): Promise<CopySession> {
  return connectNeon({
    connectionString: database.url,
    applicationName: 'connect-neon-spec',
    webSocketProxy: bridge.url,
    ...options,
  });
}

async function value(session: CopySession, sql: string): Promise<string | null> {
  return Object.values((await session.query(sql)).rows[0] ?? {})[0] ?? null;
}

/** Whether a backend is gone, asked until it is. */
async function untilGone(pid: string | null): Promise<void> {
  const session = await open();
  while ((await value(session, `select count(*)::text from pg_stat_activity where pid = ${pid}`)) !== '0')
    await session.query('select pg_sleep(0.02)');
  await session.close();
}

describeSqlConnection('neon', () => open());
describeCopySession('neon', () => open());

describe('connectNeon', () => {
  it('[C2] pins the session, as the other driver does', async () => {
    const session = await open({ statementTimeoutMs: 1500 });
    const { rows } = await session.query(
      `select current_setting('TimeZone') tz, current_setting('IntervalStyle') istyle, current_setting('bytea_output') bo,
       current_setting('application_name') an, current_setting('statement_timeout') st`,
    );
    expect({ ...rows[0] }).toEqual({ tz: 'UTC', istyle: 'iso_8601', bo: 'hex', an: 'connect-neon-spec', st: '1500ms' });
    await session.close();
  });

  it('says that nobody answers, at the bridge or behind it, without the password', async () => {
    const url = new URL(database.url);
    url.port = '1';
    const attempts = [open({ webSocketProxy: 'ws://127.0.0.1:1/v2' }), open({ connectionString: url.href })];
    for (const attempt of attempts) {
      const error = await attempt.catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'database-unavailable',
        message: expect.stringContaining('cannot be reached'),
      });
      expect(String(error)).not.toContain(url.password);
    }
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'wrong')],
    ['a database that does not exist', (url: URL) => (url.pathname = '/nowhere')],
  ])('says that the login is wrong: %s', async (_what, spoil) => {
    const url = new URL(database.url);
    spoil(url);
    await expect(open({ connectionString: url.href })).rejects.toMatchObject({ code: 'database-misconfigured' });
  });

  it.each(['nonsense', 'https://127.0.0.1/v2'])('refuses the proxy %p', async (webSocketProxy) => {
    await expect(open({ webSocketProxy })).rejects.toMatchObject({ code: 'database-misconfigured' });
  });

  it('reaches nothing but loopback through the bridge', async () => {
    await expect(open({ connectionString: 'postgres://a:b@192.0.2.1:5432/c' })).rejects.toMatchObject({
      code: 'database-unavailable',
    });
  });

  it('gives up on a proxy that takes the connection and says nothing', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await expect(open({ webSocketProxy: `ws://127.0.0.1:${port}/v2`, connectTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'database-unavailable',
      message: expect.stringContaining('timeout'),
    });
    silent.close();
  });
});

describe('a session over a WebSocket', () => {
  it('says that it has ended when its backend is killed, idle or at work', async () => {
    const killer = await open();
    for (const busy of [false, true]) {
      const session = await open();
      const pid = await value(session, 'select pg_backend_pid()');
      const statement = busy ? session.query('select pg_sleep(60)').catch((error: unknown) => error) : null;
      while (busy && (await value(killer, `select state from pg_stat_activity where pid = ${pid}`)) !== 'active');
      await killer.query(`select pg_terminate_backend(${pid})`);
      expect(await session.ended).toMatchObject({ code: 'database-unavailable' });
      if (statement) expect(await statement).toMatchObject({ code: 'database-unavailable' });
      await expect(session.query('select 1')).rejects.toMatchObject({ code: 'database-unavailable' });
      await session.close();
    }
    await killer.close();
  });

  it('says that it has ended when the bridge is cut', async () => {
    const own = await startWebSocketBridge();
    const session = await open({ webSocketProxy: own.url });
    await own[Symbol.asyncDispose]();
    expect(await session.ended).toMatchObject({ code: 'database-unavailable' });
  });

  it('lets its backend go when it is closed, or its COPY is left early', async () => {
    const closed = await open();
    const closedPid = await value(closed, 'select pg_backend_pid()');
    await closed.close();
    await untilGone(closedPid);

    const left = await open();
    const leftPid = await value(left, 'select pg_backend_pid()');
    for await (const block of left.copyOut('copy (select generate_series(1, 1000000)) to stdout'))
      if (block.length > 0) break;
    expect(await left.ended).toMatchObject({ code: 'closed' });
    await untilGone(leftPid);
  });

  it('[I11] ends a COPY whose reader falls too far behind, since it cannot make Postgres wait', async () => {
    const session = await open();
    const blocks = session.copyOut(
      `copy (select g, repeat(md5(g::text), 32) from generate_series(1, 100000) g) to stdout (format binary)`,
    );
    await blocks.next();
    expect(await session.ended).toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringContaining('driver pg'),
    });
    const rest = async () => {
      while (!(await blocks.next()).done);
    };
    await expect(rest()).rejects.toBeInstanceOf(SyncError);
  });

  it('reads a COPY far above that bound if its reader keeps up', async () => {
    const session = await open();
    let bytes = 0;
    for await (const block of session.copyOut(
      `copy (select g, repeat(md5(g::text), 32) from generate_series(1, 100000) g) to stdout (format binary)`,
    ))
      bytes += block.length;
    expect(bytes).toBeGreaterThan(100e6);
    await session.close();
  });
});
