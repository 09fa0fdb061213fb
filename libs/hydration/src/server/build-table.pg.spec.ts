import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { beginEpoch, readPosition } from '@millrace/change-history';
import { must, parseLsn, silentLogger, systemClock, type BlobStore, type CopySession } from '@millrace/kernel';
import { migrateEngine } from '@millrace/migrations-server';
import { connectPg } from '@millrace/postgres';
import { quoteIdent, quoteTable } from '@millrace/schema-meta';
import { memoryBlobStore, type MemoryBlobStore } from '@millrace/testing';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { columnMeta, every, EVERY_TYPE_SQL, replicaTableSql, scoped } from '../fixtures/every-type.js';
import { hashTable } from '../table-hash.js';
import { buildTable, type BuildTableOptions, type TableRows } from './build-table.js';
import { chunkKey } from './chunk-uploads.js';
import { tablesWanted } from './tables-wanted.js';

const SLOT = 'table_spec';
const ID = '018f0000-0000-4000-8000-0000000000aa';
const PINS = `set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'iso_8601'; set extra_float_digits = 1; set bytea_output = 'hex'`;

let database: TestDatabase;
let admin: CopySession;

beforeAll(async () => {
  database = await acquireDatabase();
  await migrateEngine({ url: database.url, log: () => undefined });
  admin = await connect('table-spec-admin');
  await admin.query(EVERY_TYPE_SQL);
  await beginEpoch(admin, {
    slot: SLOT,
    epoch: '018f0000-0000-4000-8000-000000000000',
    cause: 'spec',
    afterSeq: 41n,
    startLsn: parseLsn('0/100'),
    systemIdentifier: '1',
    timeline: 1,
    schemaVersion: '1.0.0',
  });
});
afterAll(async () => {
  await admin.close();
  await database[Symbol.asyncDispose]();
});

function connect(applicationName = 'table-spec'): Promise<CopySession> {
  return connectPg({ connectionString: database.url, applicationName });
}

interface Built extends TableRows {
  readonly store: MemoryBlobStore;
  /** Unpacked chunks, in order. */
  readonly files: readonly Uint8Array[];
}

/** Tenant a's, unless told otherwise. */
async function build(overrides: Partial<BuildTableOptions> = {}): Promise<Built> {
  const session = overrides.session ?? (await connect());
  const store = memoryBlobStore();
  try {
    const built = await buildTable({ ...defaults(session, store), ...overrides });
    const files = built.chunks.map((_, n) => gunzipSync(must(store.blobs.get(chunkKey('key', ID, n)), 'a chunk')));
    return { ...built, store, files };
  } finally {
    await session.close();
  }
}

function defaults(session: CopySession, blobs: BlobStore): BuildTableOptions {
  return {
    session,
    blobs,
    table: scoped,
    claims: { tenantId: 'a' },
    format: 'binary',
    slot: SLOT,
    snapshotKey: 'key',
    buildId: ID,
    codec: {
      gzip: (bytes) => gzipSync(bytes, { level: 1 }),
      sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    },
    clock: systemClock,
    logger: silentLogger,
    inTheWay: async () => false,
    onProgress: () => undefined,
    onChunk: () => undefined,
  };
}

async function backends(): Promise<string | null> {
  const { rows } = await admin.query(
    `select count(*)::text as n from pg_stat_activity where application_name = 'table-spec' and backend_xmin is not null and backend_type = 'client backend'`,
  );
  return rows[0]?.['n'] ?? null;
}

async function noBackends(): Promise<void> {
  while ((await backends()) !== '0') await admin.query('select pg_sleep(0.02)');
}

const text = (files: readonly Uint8Array[]) => files.map((file) => new TextDecoder().decode(file)).join('');

describe('[S1][S2] buildTable', () => {
  it('stands at S with its commit address and W, and says what it holds', async () => {
    const before = (await admin.query('select pg_current_wal_insert_lsn() as lsn')).rows[0]?.['lsn'] ?? '';
    const built = await build();
    expect(built.position).toEqual(await readPosition(admin, SLOT));
    expect(built.lsn).toBe(parseLsn('0/FF'));
    expect(built.seenUpTo).toBeGreaterThanOrEqual(parseLsn(before));
    expect(built.rows).toBe(1_000);
    expect(built.keyRange).toEqual({ first: '["3"]', last: '["3000"]' });
    expect(built.hash).toEqual(await hashTable(admin, scoped, `tenant_id = 'a'`));
    expect(built.rawBytes).toBe(built.files.reduce((sum, { length }) => sum + length, 0));
  });

  it('cuts at whole rows by number and by size; every chunk is a file of its own, with its digest', async () => {
    const replica = await PGlite.create();
    await replica.exec(`create table t(id int, tenant_id text, secret_of text)`);
    for (const limits of [
      { rows: 300, bytes: 1 << 20 },
      { rows: 1_000_000, bytes: 30_000 },
    ]) {
      const { chunks, files, store } = await build({ limits });
      expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(1_000);
      expect(chunks.length).toBeGreaterThan(3);
      for (const [n, chunk] of chunks.entries()) {
        const file = must(files[n], 'a file');
        expect(file.length).toBeLessThanOrEqual(limits.bytes);
        expect(chunk.rows).toBeLessThanOrEqual(limits.rows);
        expect(chunk.rawBytes).toBe(file.length);
        expect(chunk.bytes).toBe(store.blobs.get(chunkKey('key', ID, n))?.length);
        expect(chunk.digest).toBe(createHash('sha256').update(file).digest('hex'));
        const blob = new Blob([file as BlobPart]);
        const { affectedRows } = await replica.query(`copy t from '/dev/blob' (format binary)`, [], { blob });
        expect(affectedRows).toBe(chunk.rows);
      }
      const { rows } = await replica.query<{ n: number }>('select count(distinct id)::int as n from t');
      expect(rows).toEqual([{ n: 1_000 }]);
      await replica.exec('truncate t');
    }
    await replica.close();
  });

  it('a row above the size limit has a chunk of its own', async () => {
    const { chunks, rows } = await build({ table: every, limits: { rows: 10, bytes: 10_000 } });
    expect(rows).toBe(3);
    expect(chunks.map((chunk) => chunk.rows)).toEqual([2, 1]);
  });

  it('the same rows give the same bytes', async () => {
    const [one, two] = [await build(), await build()];
    expect(two.chunks).toEqual(one.chunks);
    expect(two.hash).toEqual(one.hash);
  });

  it('a table without rows in scope has no chunk and no key range', async () => {
    const built = await build({ claims: {} });
    expect(built).toMatchObject({ rows: 0, chunks: [], keyRange: null, rawBytes: 0, hash: { count: '0', hash: '0' } });
    expect(built.store.blobs.size).toBe(0);
  });

  it('I8: holds no row of another tenant and no column of the server, in either format', async () => {
    for (const format of ['binary', 'json'] as const) {
      const { files, rows } = await build({ claims: { tenantId: `b'; --` }, format });
      expect(rows).toBe(1_000);
      expect(text(files)).toContain(`b'; --`);
      expect(text(files)).not.toContain('never');
      const firstColumns = text((await build({ format })).files);
      expect(firstColumns).not.toContain(`b'; --`);
    }
  });

  it('I10: every type reads the same in PGlite, and so does the hash', async () => {
    const { files, hash } = await build({ table: every });
    const replica = await PGlite.create();
    await replica.exec(replicaTableSql(every));
    await replica.exec(PINS);
    await replica.query(`copy every_type from '/dev/blob' (format binary)`, [], {
      blob: new Blob([...files] as BlobPart[]),
    });
    const asText = every.columns.map(({ name }) => `${quoteIdent(name)}::text`).join(', ');
    const query = `select ${asText} from every_type order by id`;
    const there = (await replica.query<Record<string, string | null>>(query)).rows;
    const here = (await admin.query(query)).rows.map((row) => ({ ...row }));
    expect(there).toEqual(here);
    expect(here).toHaveLength(3);
    const replicaSql = {
      query: async (sql: string) => ({ rows: (await replica.query<Record<string, string>>(sql)).rows, rowCount: 0 }),
    };
    expect(await hashTable(replicaSql, every)).toEqual(hash);
    await replica.close();
  });

  it('I10: a json line holds each value as the text that the WAL has', async () => {
    const { files, chunks } = await build({ table: every, format: 'json' });
    const lines = text(files).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(chunks[0]?.rows).toBe(3);
    const { rows } = await admin.query('select * from every_type order by id');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      rows.map((row) => every.columns.map(({ name }) => row[name])),
    );
    expect(rows[0]?.['flag']).toBe('t');
  });

  it('reads all rows from one moment, whatever is committed meanwhile', async () => {
    const { files } = await build({
      limits: { rows: 10, bytes: 1 << 20 },
      codec: {
        ...defaults(admin, memoryBlobStore()).codec,
        sha256: async (bytes) => {
          await admin.query(`update ${quoteTable(scoped.name)} set secret_of = 'too late' where id > 2900`);
          return createHash('sha256').update(bytes).digest('hex');
        },
      },
    });
    expect(text(files)).not.toContain('too late');
    await admin.query(`update ${quoteTable(scoped.name)} set secret_of = repeat('x', 100) where id > 2900`);
  });

  it('gives way to DDL that holds its table, and can be tried again', async () => {
    const ddl = await connect('table-spec-ddl');
    await ddl.query('begin');
    await ddl.query('lock table every_type in access exclusive mode');
    await expect(build({ table: every })).rejects.toMatchObject({ code: '55P03' });
    expect((await build()).rows).toBe(1_000);
    await ddl.query('rollback');
    await ddl.close();
    expect((await build({ table: every })).rows).toBe(3);
  });

  it('[S1] a TRUNCATE that commits while the lock is waited for is seen whole: locks come before the snapshot', async () => {
    await admin.query(`create table refilled as select * from ${quoteTable(scoped.name)}`);
    const ddl = await connect('table-spec-ddl');
    await ddl.query('begin');
    await ddl.query('truncate refilled');
    await ddl.query(`insert into refilled select g, 'a', 'new', null from generate_series(1, 5) g`);
    const building = build({ table: { ...scoped, name: 'refilled' } });
    await waitUntilBlocked();
    await ddl.query('commit');
    await ddl.close();
    const built = await building;
    expect(built.rows).toBe(5);
    expect(built.hash.count).toBe('5');
    await admin.query('drop table refilled');
  });

  it('[M4] a column that was altered behind the schema is refused, not loaded as something else', async () => {
    await admin.query(`create table drifted as select * from ${quoteTable(scoped.name)}`);
    const ddl = await connect('table-spec-ddl');
    await ddl.query('begin');
    await ddl.query('alter table drifted alter column id type bigint');
    const building = build({ table: { ...scoped, name: 'drifted' } });
    const refused = expect(building).rejects.toMatchObject({
      code: 'snapshot-failed',
      message: expect.stringContaining('drifted') as string,
    });
    await waitUntilBlocked();
    await ddl.query('commit');
    await refused;
    await ddl.query('alter table drifted drop column secret_of, alter column id type int');
    await expect(build({ table: { ...scoped, name: 'drifted' } })).rejects.toMatchObject({ code: 'snapshot-failed' });
    await ddl.query('alter table drifted add column secret_of varchar(7)');
    const widened = {
      ...scoped,
      name: 'drifted',
      columns: [columnMeta('id', 'integer'), columnMeta('secret_of', 'character varying(9)')],
    };
    expect((await build({ table: widened })).rows).toBe(1_000);
    await ddl.query('drop table drifted');
    await ddl.close();
  });

  it('I11: reads no further than the store takes', async () => {
    await admin.query(
      `insert into ${quoteTable(scoped.name)} select g, 'a', repeat('y', 1000) from generate_series(10000, 60000) g`,
    );
    const started: string[] = [];
    const held = Promise.withResolvers<void>();
    const stuck: BlobStore = {
      put: (key) => {
        started.push(key);
        return held.promise;
      },
      get: async () => null,
      delete: async () => undefined,
    };
    const session = await connect();
    const building = buildTable({ ...defaults(session, stuck), limits: { rows: 1_000, bytes: 1 << 22 } });
    while ((await waitEvent()) !== 'ClientWrite') await admin.query('select pg_sleep(0.02)');
    expect(started).toHaveLength(2);
    held.resolve();
    expect((await building).rows).toBe(51_001);
    expect(started).toHaveLength(52);
    await session.close();
  });

  it('[S1] may take longer than it may stand still, while it gets on; Postgres does not end it either', async () => {
    const session = await connect();
    await session.query(`set statement_timeout = '400ms'`);
    let told = 0;
    const slow: BlobStore = {
      put: () => new Promise((resolve) => void systemClock.after(300, resolve)),
      get: async () => null,
      delete: async () => undefined,
    };
    const began = Date.now();
    const built = await buildTable({
      ...defaults(session, slow),
      bounds: { idleMs: 2_000, mostMs: 60_000 },
      limits: { rows: 2_000, bytes: 1 << 22 },
      onProgress: () => void told++,
    });
    expect(built.rows).toBe(51_001);
    expect(Date.now() - began).toBeGreaterThan(3_000);
    expect(told).toBeGreaterThan(0);
    await session.close();
  });

  it.each(['alter table every_type add column more text', 'truncate every_type'])(
    '[S1] makes way for whoever waits for its table, though no migration was announced: %s',
    async (change) => {
      const session = await connect();
      const ddl = await connect('table-spec-ddl');
      const held = Promise.withResolvers<void>();
      const stuck: BlobStore = { put: () => held.promise, get: async () => null, delete: async () => undefined };
      const building = buildTable({
        ...defaults(session, stuck),
        table: every,
        limits: { rows: 1, bytes: 1 << 22 },
        inTheWay: () => tablesWanted(admin, [every.name]),
      });
      const madeWay = expect(building).rejects.toMatchObject({ code: 'snapshot-failed' });
      while (!(await waitsForUs())) await admin.query('select pg_sleep(0.02)');
      expect(await tablesWanted(admin, [every.name])).toBe(false);
      await ddl.query('begin');
      const changed = ddl.query(change);
      await changed; // a reader that stayed would keep it from that for ever
      held.resolve();
      await madeWay;
      await ddl.query('rollback');
      await ddl.close();
    },
  );

  it('lets the table go when its time is over, even if the store does not move', async () => {
    const session = await connect();
    const held = Promise.withResolvers<void>();
    const stuck: BlobStore = { put: () => held.promise, get: async () => null, delete: async () => undefined };
    const building = buildTable({
      ...defaults(session, stuck),
      bounds: { idleMs: 60_000, mostMs: 300 },
      limits: { rows: 1_000, bytes: 1 << 22 },
    });
    const failed = expect(building).rejects.toMatchObject({ code: 'timeout' });
    await noBackends();
    held.resolve();
    await failed;
  });

  it('fails as the store does, and only once nothing is under way any more', async () => {
    const store = memoryBlobStore();
    store.failNext('put');
    const remembered: number[] = [];
    const session = await connect();
    const options = {
      ...defaults(session, store),
      limits: { rows: 1_000, bytes: 1 << 22 },
      onChunk: (n: number) => void remembered.push(n),
    };
    await expect(buildTable(options)).rejects.toMatchObject({ code: 'storage-failed' });
    await noBackends();
    const left = [...store.blobs.keys()];
    expect(left.every((key) => remembered.some((n) => key === chunkKey('key', ID, n)))).toBe(true);
    await admin.query(`delete from ${quoteTable(scoped.name)} where id >= 10000`);
  });

  /** The reader has its table, and is in the midst of it. */
  async function waitsForUs(): Promise<boolean> {
    const { rows } = await admin.query(
      `select 1 from pg_locks join pg_stat_activity using (pid)
       where application_name = 'table-spec' and relation = 'every_type'::regclass and granted`,
    );
    return rows.length > 0;
  }

  async function waitEvent(): Promise<string | null> {
    const { rows } = await admin.query(
      `select wait_event from pg_stat_activity where application_name = 'table-spec' and query like 'copy%' and state = 'active'`,
    );
    return rows[0]?.['wait_event'] ?? null;
  }

  async function waitUntilBlocked(): Promise<void> {
    for (;;) {
      const { rows } = await admin.query(
        `select 1 from pg_stat_activity where application_name = 'table-spec' and wait_event_type = 'Lock'`,
      );
      if (rows.length > 0) return;
    }
  }
});
