import { LSN_ZERO, parseLsn } from '@millrace/kernel';
import type { CopySession, ReplicationMessage, ReplicationStream } from '@millrace/kernel';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { connectPg } from '../pg-session.js';
import { openPgReplicationStream } from './pg-replication-stream.js';

const pluginOptions = { proto_version: '1', publication_names: `"it's ""odd"""` };

let database: TestDatabase;
let sql: CopySession;
let slot: string;
let stream: ReplicationStream | null;

beforeAll(async () => {
  database = await acquireDatabase();
  sql = await connectPg({ connectionString: database.url, applicationName: 'stream-spec' });
  await sql.query('create table streamed(id int primary key, body text)');
  await sql.query(`create publication "it's ""odd""" for table streamed`);
});
afterAll(async () => {
  await sql.close();
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  stream = null;
  // Slot names are of the whole server.
  slot = `${database.name}_${expect.getState().currentTestName?.length ?? 0}`;
  await sql.query('truncate streamed');
  await sql.query(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
});
afterEach(async () => {
  await stream?.close();
  await until('f', 'select active from pg_replication_slots where slot_name = $1', [slot]);
  await sql.query('select pg_drop_replication_slot($1)', [slot]);
});

async function open(options: { slot?: string; highWaterBytes?: number } = {}): Promise<ReplicationStream> {
  const { highWaterBytes } = options;
  const opener = openPgReplicationStream(
    database.url,
    'stream-spec-reader',
    highWaterBytes === undefined ? {} : { highWaterBytes },
  );
  return opener({ slot: options.slot ?? slot, startLsn: LSN_ZERO, pluginOptions });
}

async function ask(text: string, params: string[] = []): Promise<string | null> {
  return Object.values((await sql.query(text, params)).rows[0] ?? {})[0] ?? null;
}

async function until(wanted: string | null, text: string, params: string[] = []): Promise<void> {
  while ((await ask(text, params)) !== wanted) await sql.query('select pg_sleep(0.02)');
}

type Data = Extract<ReplicationMessage, { kind: 'data' }>;

/** Reads until `count` plug-in messages of this type (B, I, C, …) have come; returns all data read. */
async function readUntil(from: ReplicationStream, type: string, count = 1): Promise<Data[]> {
  const seen: Data[] = [];
  for await (const message of from.messages()) {
    if (message.kind !== 'data') continue;
    seen.push(message);
    if (seen.filter((data) => String.fromCharCode(data.payload[0] ?? 0) === type).length === count) break;
  }
  return seen;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('openPgReplicationStream', () => {
  it('reads a committed insert, and its status moves the slot', async () => {
    stream = await open();
    await sql.query(`insert into streamed values (1, 'hello')`);
    const seen = await readUntil(stream, 'C');
    expect(seen.map(({ payload }) => String.fromCharCode(payload[0] ?? 0)).join('')).toBe('BRIC');
    expect(text(seen[2]?.payload ?? new Uint8Array())).toContain('hello');
    const end = seen[3]?.walEnd ?? LSN_ZERO;
    stream.sendStatus(end);
    await until('t', 'select confirmed_flush_lsn = $2::pg_lsn from pg_replication_slots where slot_name = $1', [
      slot,
      (await ask(`select ('0/0'::pg_lsn + $1::numeric)::text`, [end.toString()])) ?? '',
    ]);
  });

  it('[C2] pins the walsender too', async () => {
    await sql.query('create table if not exists timed(id int primary key, at timestamptz, span interval)');
    await sql.query(`alter publication "it's ""odd""" set table streamed, timed`);
    await sql.query(`alter database ${database.name} set timezone = 'Asia/Tokyo'`);
    stream = await open();
    await sql.query(`insert into timed values (1, '2026-01-02 03:04:05Z', '1 day')`);
    const insert = (await readUntil(stream, 'C')).find(({ payload }) => payload[0] === 0x49);
    expect(text(insert?.payload ?? new Uint8Array())).toContain('2026-01-02 03:04:05+00');
    expect(text(insert?.payload ?? new Uint8Array())).toContain('P1D');
    await sql.query(`alter database ${database.name} reset timezone`);
    await sql.query('drop table timed');
  });

  it('[C5] lets Postgres wait for its reader, and sends its status meanwhile', async () => {
    stream = await open({ highWaterBytes: 64 * 1024 });
    const memoryBefore = memory();
    // 100 MB, far above all socket buffers.
    await sql.query(`insert into streamed select g, repeat(md5(g::text), 32) from generate_series(1, 100000) g`);
    const walsender = `from pg_stat_activity join pg_stat_replication using (pid) where pg_stat_activity.application_name = 'stream-spec-reader'`;
    await until('WalSenderWriteData', `select wait_event ${walsender}`);
    expect(memory() - memoryBefore).toBeLessThan(20e6);

    const flushed = parseLsn(
      (await ask('select confirmed_flush_lsn from pg_replication_slots where slot_name = $1', [slot])) ?? '',
    );
    const lastReply = `select coalesce(reply_time::text, 'never') ${walsender}`;
    const before = (await ask(lastReply)) ?? '';
    stream.sendStatus(flushed);
    await until('t', `select coalesce(reply_time::text, 'never') <> $1 ${walsender}`, [before]);

    let inserts = 0;
    for await (const message of stream.messages()) {
      if (message.kind !== 'data') continue;
      if (message.payload[0] === 0x49) inserts += 1;
      if (message.payload[0] === 0x43) break;
    }
    expect(inserts).toBe(100_000);
  });

  it('is closed at once, even while Postgres waits for its reader', async () => {
    const gated = await open({ highWaterBytes: 1024 });
    await sql.query(`insert into streamed select g, repeat(md5(g::text), 32) from generate_series(1, 100000) g`);
    await readUntil(gated, 'I');
    const began = performance.now();
    await gated.close();
    await until('f', 'select active from pg_replication_slots where slot_name = $1', [slot]);
    expect(performance.now() - began).toBeLessThan(3_000);
    gated.sendStatus(LSN_ZERO);
    expect(await readUntil(gated, 'C')).toEqual([]);
  });

  it('reads from the confirmed position again when it is opened again', async () => {
    const first = await open();
    await sql.query(`insert into streamed values (1, 'again')`);
    await readUntil(first, 'C');
    await first.close();
    stream = await open();
    expect(text((await readUntil(stream, 'C'))[2]?.payload ?? new Uint8Array())).toContain('again');
  });

  it('tells a busy slot from a missing one and from a lost one', async () => {
    stream = await open();
    await expect(open()).rejects.toMatchObject({ code: 'slot-busy' });
    await expect(open({ slot: 'nobody' })).rejects.toMatchObject({ code: 'slot-missing' });
  });

  it('says what it cannot do by configuration', async () => {
    const opener = openPgReplicationStream(database.url, 'stream-spec-reader');
    const bad = opener({ slot, startLsn: LSN_ZERO, pluginOptions: { ...pluginOptions, proto_version: '99' } });
    await expect(bad.then((opened) => readUntil(opened, 'C'))).rejects.toMatchObject({
      code: 'database-misconfigured',
    });
    await sql.query("create role lowly login password 'x'");
    const url = new URL(database.url);
    [url.username, url.password] = ['lowly', 'x'];
    await expect(
      openPgReplicationStream(url.href, 'stream-spec-reader')({ slot, startLsn: LSN_ZERO, pluginOptions }),
    ).rejects.toMatchObject({
      code: 'database-misconfigured',
    });
    await sql.query('drop role lowly');
  });

  it('throws database-unavailable from its messages when the walsender is killed', async () => {
    stream = await open();
    // Expected before it happens: the end of the stream may be heard before the answer to the query that ends it.
    const ended = expect(readUntil(stream, 'C')).rejects.toMatchObject({ code: 'database-unavailable' });
    await sql.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'stream-spec-reader'`,
    );
    await ended;
  });
});

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
