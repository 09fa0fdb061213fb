import { PGlite } from '@electric-sql/pglite';
import { schemaMigrationSchema } from '@millrace/schema-compat';
import { quoteLiteral } from '@millrace/schema-meta';
import { acquireDatabase, startWal2jsonServer, wal2jsonIsSkipped, type TestServer } from '@millrace/testing-postgres';
import * as v from 'valibot';
import { migrateEngine } from '../engine/migrate-engine.js';
import { openTrialDatabase, type ProcessedMigration, type TrialDatabase } from '../processing/index.js';
import { createReplicaTable } from '../processing/replica-statements.js';
import { firstMigration, notes, secondMigration, storeOf } from '../testing/note-migrations.js';
import { withClient } from '../with-client.js';
import { migrateDomain } from './migrate-domain.js';
import { revertDomain } from './revert-domain.js';

const ROWS = `insert into notes (id, title, size, taken, mood, data, secret) values
  (1, 'one', 1, '2026-01-01 12:00:00.25', 'good', '{"b": 1,  "a": [1, 2]}', 's'), (2, null, null, null, null, null, null),
  (3, 'it''s', -5, '1970-01-01', 'bad', '"text"', '')`;

interface Case {
  readonly what: string;
  readonly up: readonly string[];
  readonly down: readonly string[];
  /** What is written in the new schema, and then stands against going back; with how many rows, as it is told. */
  readonly newer?: { readonly sql: string; readonly mend: string; readonly told: string };
}

const CASES: readonly Case[] = [
  {
    what: 'integer to bigint',
    up: ['alter table notes alter column size type bigint'],
    down: ['alter table notes alter column size type integer'],
    newer: {
      sql: 'update notes set size = 3000000000 where id in (1, 3)',
      mend: 'update notes set size = id',
      told: 'notes.size: 2 rows hold a value that is no integer',
    },
  },
  {
    what: 'a longer varchar',
    up: ['alter table notes alter column title type varchar(20)'],
    down: ['alter table notes alter column title type varchar(10)'],
    newer: {
      sql: `update notes set title = 'more than ten' where id = 2`,
      mend: `update notes set title = 'ten'`,
      told: 'notes.title: 1 row hold a value that is no character varying(10)',
    },
  },
  {
    what: 'varchar to text',
    up: ['alter table notes alter column title type text'],
    down: ['alter table notes alter column title type varchar(10)'],
  },
  {
    what: 'timestamp to timestamptz',
    up: [`alter table notes alter column taken type timestamptz using taken at time zone 'UTC'`],
    down: [`alter table notes alter column taken type timestamp using taken at time zone 'UTC'`],
  },
  {
    what: 'json to jsonb',
    up: ['alter table notes alter column data type jsonb'],
    down: ['alter table notes alter column data type json'],
  },
  {
    what: 'a scalar to an array',
    up: [
      'alter table notes alter column size type integer[] using case when size is null then null else array[size] end',
    ],
    down: ['alter table notes alter column size type integer using size[1]'],
  },
  {
    what: 'a rename',
    up: ['alter table notes rename column title to heading'],
    down: ['alter table notes rename column heading to title'],
  },
  {
    what: 'a new label',
    up: [`alter type mood add value 'fair'`],
    down: [
      'alter type mood rename to mood_old',
      `create type mood as enum ('good', 'bad')`,
      'alter table notes alter column mood drop default',
      'alter table notes alter column mood type mood using mood::text::mood',
      `alter table notes alter column mood set default 'good'`,
      'drop type mood_old',
    ],
    newer: {
      sql: `update notes set mood = 'fair' where id > 1`,
      mend: `update notes set mood = 'good'`,
      told: "notes.mood: 2 rows hold 'fair'",
    },
  },
  {
    what: 'NOT NULL after a backfill, with another default',
    up: [
      'update notes set size = 0 where size is null',
      'alter table notes alter column size set default 0',
      'alter table notes alter column size set not null',
    ],
    down: ['alter table notes alter column size drop not null', 'alter table notes alter column size drop default'],
  },
  {
    what: 'a new column with a default',
    up: [`alter table notes add column color varchar(9) not null default 'red'`],
    down: ['alter table notes drop column color'],
  },
  {
    what: 'a dropped column',
    up: ['alter table notes drop column data'],
    down: ['alter table notes add column data json'],
  },
];

let trial: TrialDatabase;
let first: ProcessedMigration;
let replica: PGlite;
const processed = new Map<string, ProcessedMigration>();
beforeAll(async () => {
  trial = await openTrialDatabase([]);
  first = await firstMigration(trial);
  replica = await PGlite.create();
});
afterAll(async () => {
  await trial[Symbol.asyncDispose]();
  await replica.close();
});

function describeOn(version: number, serverUrl: () => string | undefined): void {
  it.each(CASES)(`$what keeps every row, on Postgres ${version}, and clients come to the same (I1)`, async (change) => {
    const second = processed.get(change.what) ?? (await secondMigration(trial, change));
    processed.set(change.what, second);
    expect(v.parse(schemaMigrationSchema, JSON.parse(JSON.stringify(second)))).toMatchObject({ name: second.name });
    const url = serverUrl();
    await using database = await acquireDatabase(url === undefined ? {} : { serverUrl: url });
    const run = <T extends object>(sql: string) =>
      withClient(database.url, async (client) => {
        await client.query(`set timezone = 'UTC'`);
        return (await client.query<T>(sql)).rows;
      });
    // What the session of the runner takes for local time must not matter.
    await run(`alter database ${database.name} set timezone = 'America/New_York'`);
    await migrateEngine({ url: database.url });
    await migrateDomain({ url: database.url, store: storeOf(first) });
    await run(ROWS);
    const before = await rowsOf(run, first);
    await fillReplica(before);
    const store = storeOf(first, second);
    expect(await migrateDomain({ url: database.url, store })).toEqual([second.name]);
    for (const statement of second.clientUp) await replica.query(statement);
    const isServerOnly = change.up.some((sql) => sql.startsWith('update'));
    if (!isServerOnly) expect(await rowsOf(onReplica, second)).toEqual(await rowsOf(run, second));

    if (change.newer) {
      await run(change.newer.sql);
      await expect(revertDomain({ url: database.url, store })).rejects.toMatchObject({
        code: 'migration-failed',
        message: expect.stringContaining(change.newer.told) as string,
      });
      expect(await migrateDomain({ url: database.url, store })).toEqual([]);
      await run(change.newer.mend);
    }
    expect(await revertDomain({ url: database.url, store })).toBe(second.name);
    const after = await rowsOf(run, first);
    const dropped = change.what === 'a dropped column' ? { data: null } : {};
    if (!change.newer && !isServerOnly && change.what !== 'json to jsonb') {
      expect(after).toEqual(before.map((row) => ({ ...row, ...dropped })));
    }
    expect(after).toHaveLength(before.length);
    for (const statement of second.clientDown) await replica.query(statement);
    if (!change.newer && !isServerOnly) expect(await rowsOf(onReplica, first)).toEqual(after);
  });
}

type Run = <T extends object>(sql: string) => Promise<readonly T[]>;

/** As text, in the words of the schema after a migration. */
function rowsOf(run: Run, { after }: ProcessedMigration): Promise<readonly Record<string, string | null>[]> {
  const columns = (after.tables[0]?.columns ?? []).map(
    ({ name }) => `case when ${name} is not null then format('%s', ${name}) end as ${name}`,
  );
  return run(`select ${columns.join(', ')} from notes order by id`);
}

async function fillReplica(rows: readonly Record<string, string | null>[]): Promise<void> {
  await replica.exec('drop schema public cascade; create schema public');
  for (const statement of createReplicaTable(notes)) await replica.query(statement);
  for (const row of rows) {
    const values = Object.values(row).map((value) => (value === null ? 'null' : quoteLiteral(value)));
    await replica.query(`insert into notes (${Object.keys(row).join(', ')}) values (${values.join(', ')})`);
  }
  await replica.query(`set timezone = 'UTC'`);
}

const onReplica: Run = async <T extends object>(sql: string) => (await replica.query<T>(sql)).rows;

describe('Postgres 18', () => {
  describeOn(18, () => undefined);
});

(wal2jsonIsSkipped() ? describe.skip : describe)('Postgres 15', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startWal2jsonServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  describeOn(15, () => server.url);
});
