import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findProcessesIn } from '@millrace/processes';
import type { PrivilegeMode } from './privileges.js';
import { findPostmaster } from './postmaster-file.js';
import { startPostgres } from './start-postgres.js';
import type { RunningPostgres } from './start-postgres.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-embedded-'));
const dataDir = join(folder, 'data');
const isRoot = process.getuid?.() === 0;
/** `nobody` has to reach the data. */
beforeAll(() => chmodSync(folder, 0o755));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function query(postgres: RunningPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('startPostgres', () => {
  it('makes a database on the first start, ready for capture and open to nobody else', async () => {
    const postgres = await startPostgres({ dataDir, settings: { max_connections: '33' } });
    expect(
      await query(
        postgres,
        `select current_setting('wal_level') as wal, current_setting('max_connections') as connections,
                current_setting('listen_addresses') as addresses, current_setting('timezone') as zone,
                current_setting('server_version_num')::int >= 180000 as new`,
      ),
    ).toEqual([{ wal: 'logical', connections: '33', addresses: '127.0.0.1', zone: 'UTC', new: true }]);
    await expect(
      query({ ...postgres, url: postgres.url.replace(/:[^:@]+@/, ':wrong@') }, 'select 1'),
    ).rejects.toMatchObject({
      code: '28P01',
    });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    await postgres.stop();
    expect(findProcessesIn(dataDir)).toEqual([]);
  });

  it('loses nothing by kill -9, and starts again at once', async () => {
    const first = await startPostgres({ dataDir });
    await query(first, 'create table kept (id int)');
    await query(first, 'insert into kept values (1)');
    process.kill(first.pid, 'SIGKILL');
    const second = await startPostgres({ dataDir });
    expect(await query(second, 'select * from kept')).toEqual([{ id: 1 }]);
    await second.stop();
  });

  it('stops although clients are connected', async () => {
    const postgres = await startPostgres({ dataDir });
    const client = new pg.Client({ connectionString: postgres.url });
    const cut = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await postgres.stop();
    await cut;
    expect(findPostmaster(dataDir)).toBeNull();
  });

  it('is not stopped by a postmaster.pid whose pid now belongs to somebody else', async () => {
    writeFileSync(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n1\n1\n\n127.0.0.1\n\nready\n`);
    await (await startPostgres({ dataDir })).stop();
  });

  it('tells why it does not start, in the words of the server', async () => {
    await expect(startPostgres({ dataDir, settings: { no_such_setting: '1' } })).rejects.toThrow(
      /Postgres did not start: it ended with exit code 1[\s\S]*unrecognized configuration parameter "no_such_setting"/,
    );
    const holder = await startPostgres({ dataDir });
    await expect(startPostgres({ dataDir: join(folder, 'other'), port: holder.port })).rejects.toThrow(
      /could not bind|Address already in use/,
    );
    await holder.stop();
  });

  (isRoot ? it.each : it.skip.each)(['switch-user', 'user-namespace', 'switch-user'] as PrivilegeMode[])(
    'works as root by %s, on data that another way has made',
    async (privilegeMode) => {
      const postgres = await startPostgres({ dataDir, privilegeMode });
      expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
      await postgres.stop();
    },
  );
});
