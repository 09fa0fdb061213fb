import { acquireDatabase, startWal2jsonServer, wal2jsonIsSkipped, type TestServer } from '@millrace/testing-postgres';
import { migrateEngine } from '../engine/migrate-engine.js';
import { catalogFingerprint } from '../processing/index.js';
import { readStore } from '../store/migration-store.js';
import { withClient } from '../with-client.js';
import { migrateDomain } from './migrate-domain.js';
import { revertDomain } from './revert-domain.js';

/** The trial is a Postgres 18: what it says has to hold on the oldest one, too. */
async function comeAndGo(serverUrl: string | undefined): Promise<void> {
  await using database = await acquireDatabase(serverUrl === undefined ? {} : { serverUrl });
  const { url } = database;
  await migrateEngine({ url });
  const store = readStore();
  const states = [...store.migrations.values()].map((_, index) => ({
    ...store,
    migrations: new Map([...store.migrations].slice(0, index + 1)),
  }));
  const fingerprint = () =>
    withClient(url, (client) =>
      catalogFingerprint(async <T>(sql: string) => (await client.query(sql)).rows as readonly T[]),
    );
  let before = await fingerprint();
  for (const state of states) {
    expect(await migrateDomain({ url, store: state })).toHaveLength(1);
    const after = await fingerprint();
    expect(after.length).toBeGreaterThan(0);
    expect(await revertDomain({ url, store: state })).not.toBeNull();
    expect(await fingerprint()).toEqual(before);
    await migrateDomain({ url, store: state });
    expect(await fingerprint()).toEqual(after);
    before = after;
  }
}

describe('each stored migration comes, goes and comes again without a trace', () => {
  it('on Postgres 18', () => comeAndGo(undefined));

  (wal2jsonIsSkipped() ? describe.skip : describe)('and', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startWal2jsonServer();
    });
    afterAll(() => server[Symbol.asyncDispose]());
    it('on Postgres 15', () => comeAndGo(server.url));
  });
});
