import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { Client } from 'pg';
import { migrateEngine } from '../engine/migrate-engine.js';
import { openTrialDatabase, type ProcessedMigration, type TrialDatabase } from '../processing/index.js';
import { firstMigration, notes, secondMigration, storeOf } from '../testing/note-migrations.js';
import { withClient } from '../with-client.js';
import { migrateDomain } from './migrate-domain.js';
import { revertDomain } from './revert-domain.js';

const SECOND = {
  up: [`alter table notes add column color text default 'red'`, `update notes set title = 'x'`],
  down: ['alter table notes drop column color'],
};

describe('migrateDomain', () => {
  let trial: TrialDatabase;
  let first: ProcessedMigration;
  let second: ProcessedMigration;
  let database: TestDatabase;
  beforeAll(async () => {
    trial = await openTrialDatabase([]);
    first = await firstMigration(trial);
    second = await secondMigration(trial, SECOND);
  });
  afterAll(() => trial[Symbol.asyncDispose]());
  beforeEach(async () => {
    database = await acquireDatabase();
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const run = <T extends object>(sql: string) =>
    withClient(database.url, async (client) => (await client.query<T>(sql)).rows);
  const catalogue = () =>
    run(
      `select migration_name as name, direction, schema_version as version, previous, kind from sync.client_migration order by ordinal`,
    );
  const migrate = (...migrations: readonly ProcessedMigration[]) =>
    migrateDomain({ url: database.url, store: storeOf(...migrations) });

  it('announces each step before it takes it, in one transaction [M1]', async () => {
    await migrateEngine({ url: database.url });
    await run(`select pg_create_logical_replication_slot('of_' || current_database(), 'test_decoding')`);
    await run('create publication millrace for table sync.client_mutation, sync.client_migration');
    expect(await migrate(first)).toEqual([first.name]);
    await run(`insert into notes (id) values (1)`);
    expect(await migrate(first, second)).toEqual([second.name]);
    expect(await migrate(first, second)).toEqual([]);
    expect(await catalogue()).toEqual([
      { name: first.name, direction: 'up', version: '1.0.0', previous: null, kind: 'additive' },
      { name: second.name, direction: 'up', version: '1.1.0', previous: '1.0.0', kind: 'additive' },
    ]);
    const log = await run<{ data: string }>(
      `select data from pg_logical_slot_get_changes('of_' || current_database(), null, null) where data ~ 'BEGIN|COMMIT|client_migration|public\\.'`,
    );
    const words = log.map(({ data }) => /^(BEGIN|COMMIT|table [a-z_.]+)/.exec(data)?.[1]);
    const place = words.lastIndexOf('table sync.client_migration');
    expect(words.slice(place - 1, place + 4)).toEqual([
      'BEGIN',
      'table sync.client_migration',
      'table public.notes',
      'table public.migrations',
      'COMMIT',
    ]);
    expect(await run(`select tablename from pg_publication_tables where tablename = 'notes'`)).toHaveLength(1);
    expect(await run('select from sync.migration_wanted')).toHaveLength(0);
    expect(await run('select name from migrations order by id')).toEqual([{ name: first.name }, { name: second.name }]);
  });

  it('leaves nothing of a step that fails', async () => {
    await migrateEngine({ url: database.url });
    await migrate(first);
    const broken = await secondMigration(trial, {
      up: ['alter table notes alter column size set not null'],
      down: ['alter table notes alter column size drop not null'],
    });
    await run(`insert into notes (id) values (1), (2)`);
    await expect(migrate(first, broken)).rejects.toMatchObject({
      code: 'migration-failed',
      message: expect.stringContaining('notes.size: 2 rows are null') as string,
    });
    expect(await catalogue()).toHaveLength(1);
  });

  it('gives a database that was made before there was a catalogue a row for what it has', async () => {
    await migrate(first);
    await migrateEngine({ url: database.url });
    const dry = { url: database.url, store: storeOf(first, second), dryRun: true };
    expect(await migrateDomain(dry)).toEqual([second.name]);
    expect(await revertDomain(dry)).toBe(first.name);
    expect(await catalogue()).toEqual([]);
    expect(await migrate(first)).toEqual([]);
    expect(await catalogue()).toMatchObject([{ name: first.name, version: '1.0.0' }]);
  });

  it('does not wait long for a table, tries again, and says who has it', async () => {
    await migrateEngine({ url: database.url });
    await migrate(first);
    const reader = new Client({ connectionString: database.url, application_name: 'long reader' });
    reader.on('error', () => undefined);
    await reader.connect();
    await reader.query('begin; select from notes');
    const lines: string[] = [];
    const options = {
      url: database.url,
      store: storeOf(first, second),
      lockTimeoutMs: 50,
      log: (line: string) => void lines.push(line),
    };
    await expect(migrateDomain({ ...options, attempts: 2 })).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('long reader') as string,
    });
    expect(lines).toEqual([`${second.name}: its tables are in use (attempt 1 of 2)`]);
    const done = migrateDomain({ ...options, attempts: 1_000 });
    await reader.query('select pg_sleep(0.3)');
    expect((await reader.query('select from sync.migration_wanted')).rows).toHaveLength(1);
    await reader.end();
    expect(await done).toEqual([second.name]);
  });

  it('refuses what does not follow from what the database has', async () => {
    await migrateEngine({ url: database.url });
    await migrate(first, second);
    const misconfigured = (message: string) => ({
      code: 'database-misconfigured',
      message: expect.stringContaining(message) as string,
    });
    const edited = { ...second, checksum: 'f'.repeat(64) };
    await expect(migrate(first, edited)).rejects.toMatchObject(misconfigured('was changed after it ran'));
    const early = { ...second, name: 'Early1763500000000', timestamp: 1763500000000 };
    await expect(migrate(first, second, early)).rejects.toMatchObject(misconfigured('give it a later timestamp'));
    const other = { ...second, name: 'Other1765000000000', timestamp: 1765000000000 };
    await expect(migrate(first, second, other)).rejects.toMatchObject(misconfigured('continues schema 1.0.0'));
    await revertDomain({ url: database.url, store: storeOf(first, second) });
    await expect(migrate(first, edited)).rejects.toMatchObject(misconfigured('--skip-version'));
  });

  describe('revertDomain', () => {
    beforeEach(async () => {
      await migrateEngine({ url: database.url });
      await migrate(first, second);
    });
    const revert = (more: object = {}) => revertDomain({ url: database.url, store: storeOf(first, second), ...more });

    it('is a step of the catalogue, and can be taken forth again', async () => {
      expect(await revert()).toBe(second.name);
      expect((await catalogue()).at(-1)).toEqual({
        name: second.name,
        direction: 'down',
        version: '1.0.0',
        previous: '1.0.0',
        kind: 'additive',
      });
      expect(await migrate(first, second)).toEqual([second.name]);
      await revert();
      expect(await revert()).toBe(first.name);
      expect(await revert()).toBeNull();
      expect(notes.name).toBe('notes');
    });

    it('refuses while clients have the newer version, unless forced', async () => {
      await run(`insert into sync.client_status (client_id, sub, schema_version, app_version, last_seen_at) values
        (gen_random_uuid(), 'a', '1.1.0', '1.0.0', now()), (gen_random_uuid(), 'b', '1.0.0', '1.10.0', now() - interval '3 days'),
        (gen_random_uuid(), 'c', '1.0.0', '1.0.0', now()), (gen_random_uuid(), 'd', null, null, now())`);
      await expect(revert()).rejects.toMatchObject({
        code: 'migration-failed',
        message: expect.stringContaining(
          '1 connected clients have schema 1.1.0 or need it, and 1 that are away',
        ) as string,
      });
      expect(await revert({ force: true })).toBe(second.name);
    });
  });
});
