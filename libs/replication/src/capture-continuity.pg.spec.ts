import { parseLsn } from '@millrace/kernel';
import { recordingLogger } from '@millrace/testing';
import type { EpochEvent } from './capture-options.js';
import { captureWorld, memoryStore, type CaptureWorld } from './testing/capture-world.js';
import { schemaOf } from './testing/schemas.js';

let world: CaptureWorld;
beforeEach(async () => {
  world = await captureWorld();
  const capture = world.capture();
  capture.start();
  await world.settle(capture);
  await insert(1);
  await world.settle(capture);
  await capture.stop();
  const active = () => world.sql.query('select 1 from pg_replication_slots where slot_name = $1 and active', [slot()]);
  while ((await active()).rows.length > 0) await world.sql.query('select pg_sleep(0.01)');
});
afterEach(() => world[Symbol.asyncDispose]());

const insert = (id: number) => world.sql.query('insert into items values ($1, $2)', [String(id), 'a']);
const slot = () => world.database.name;

/** Starts again after the disturbance, writes one more row, and says what was begun. */
async function restart(reader: 'stream' | 'poll' = 'stream'): Promise<EpochEvent | null> {
  const before = world.store.state;
  const events: EpochEvent[] = [];
  const capture = world.capture({ reader });
  capture.onEpoch((event) => void events.push(event));
  capture.start();
  await world.settle(capture);
  await insert(100);
  const head = await world.settle(capture);
  expect(events.length).toBeLessThan(2);
  const event = events[0] ?? null;
  if (event) {
    expect(head.epoch).not.toBe(before?.epoch);
    expect(head.seq).toBe(event.head.seq + 1n);
    expect(event.head.seq).toBeGreaterThanOrEqual(before?.seq ?? 0n);
    expect(capture.status().epochs[0]).toMatchObject({ epoch: head.epoch, cause: event.cause });
  } else if (before) expect(head.epoch).toBe(before.epoch);
  const [last] = (await world.history()).slice(-1);
  expect(last).toMatchObject({ seq: head.seq.toString(), epoch: head.epoch, chain: head.chain });
  return event;
}

test('[E1] nothing happened: the same epoch goes on', async () => {
  expect(await restart()).toBeNull();
});

test('[E1] slot dropped', async () => {
  await world.sql.query('select pg_drop_replication_slot($1)', [slot()]);
  expect((await restart())?.cause).toBe('slot-missing');
});

test.each(['stream', 'poll'] as const)('[E1] slot dropped while the %s reader runs', async (reader) => {
  const capture = world.capture({ reader });
  const causes: string[] = [];
  capture.onEpoch(({ cause }) => void causes.push(cause));
  capture.start();
  await world.settle(capture);
  for (let dropped = false; !dropped; ) {
    await world.sql.query(
      'select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where slot_name = $1 and active_pid is not null',
      [slot()],
    );
    dropped = await world.sql.query('select pg_drop_replication_slot($1)', [slot()]).then(
      () => true,
      () => false,
    );
  }
  await insert(2);
  capture.nudge();
  while (causes.length === 0) await world.sql.query('select pg_sleep(0.01)');
  await insert(3);
  const head = await world.settle(capture);
  expect(causes).toEqual(['slot-missing']);
  expect(
    (await world.history('epoch = $1', [head.epoch]))
      .map(({ data }) => (JSON.parse(data as string) as { id: string }).id)
      .at(-1),
  ).toBe('3');
});

test('[E1] slot dropped and made again by a stranger (F11)', async () => {
  await world.sql.query('select pg_drop_replication_slot($1)', [slot()]);
  await insert(2);
  await world.sql.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [slot()]);
  expect((await restart())?.cause).toBe('slot-ahead');
});

test('[E1] slot moved ahead by a stranger', async () => {
  await insert(2);
  await world.sql.query('select pg_replication_slot_advance($1, pg_current_wal_flush_lsn())', [slot()]);
  expect((await restart())?.cause).toBe('slot-ahead');
});

test('[H4] a slot that was moved to a stored idle target is not ahead, whether it got there or not', async () => {
  await world.sql.query('create table unrelated (id int)');
  const { rows } = await world.sql.query('select pg_current_wal_flush_lsn()::text as lsn');
  const state = world.store.state;
  if (!state) throw new Error('nothing stored');
  world.store.state = { ...state, slotTarget: parseLsn(rows[0]?.['lsn'] as string) };
  await world.sql.query('select pg_replication_slot_advance($1, $2::pg_lsn)', [slot(), rows[0]?.['lsn'] ?? null]);
  expect(await restart()).toBeNull();
});

test('[E1] history truncated by a stranger', async () => {
  await world.sql.query('truncate sync.change_history');
  expect((await restart())?.cause).toBe('history-truncated');
});

test('[E1] database restored to an earlier moment: its history ends before what the writer knows', async () => {
  const capture = world.capture();
  capture.start();
  await insert(2);
  await world.settle(capture);
  await capture.stop();
  await world.sql.query('delete from sync.change_history where seq = 2');
  await world.sql.query(
    'update sync.replication_state set last_seq = 1, last_chain = (select chain from sync.change_history where seq = 1)',
  );
  expect((await restart())?.cause).toBe('history-behind');
});

test('[E1] a history that went another way has another chain', async () => {
  await world.sql.query("update sync.change_history set chain = 'f00d'");
  expect((await restart())?.cause).toBe('history-truncated');
});

test('[E1] the writer has lost its own storage', async () => {
  world.store.state = null;
  expect((await restart())?.cause).toBe('store-lost');
});

test('[E1] the state row is gone', async () => {
  await world.sql.query('delete from sync.replication_state');
  expect((await restart())?.cause).toBe('state-lost');
});

test('[E1] another system identifier or timeline', async () => {
  await world.sql.query('update sync.replication_state set timeline = timeline + 1');
  expect((await restart('poll'))?.cause).toBe('timeline-changed');
});

test.each([
  ['the publication dropped', 'drop publication millrace', 'publication-missing'],
  ['the acks taken out of it', 'alter publication millrace drop table sync.client_mutation', 'tables-added'],
])('[E1] %s by a stranger: what was not captured, no fill brings back', async (_what, statement, cause) => {
  await world.sql.query(statement);
  expect((await restart())?.cause).toBe(cause);
});

test('[E2] seq never restarts, whichever of database and writer is ahead', async () => {
  const state = world.store.state;
  if (!state) throw new Error('nothing stored');
  world.store.state = { ...state, seq: 50n, chain: 'unknown' };
  const event = await restart();
  expect(event).toMatchObject({ cause: 'history-behind', head: { seq: 50n } });
});

test('a missing table is named, with what to do; capture goes on by itself once it is there', async () => {
  const schema = schemaOf({ name: 'absent', key: ['id'], columns: ['id:integer'] });
  const capture = world.capture({ schema, publication: 'other', slot: `${slot()}_other`, store: memoryStore() });
  capture.start();
  while (capture.status().capture.state !== 'misconfigured') await world.sql.query('select pg_sleep(0.01)');
  expect(capture.status().capture.detail).toMatch(/absent.*create publication/);
  await world.sql.query('create table absent (id int primary key)');
  await world.sql.query('alter table absent replica identity full');
  capture.tick();
  while (capture.status().capture.state !== 'streaming') await world.sql.query('select pg_sleep(0.01)');
  expect(capture.status().capture.detail).toBeNull();
});

test('[M5] a synced table that is not replica identity full is reported once, by name', async () => {
  await world.sql.query('alter table items replica identity default');
  const logger = recordingLogger();
  const capture = world.capture({ logger });
  capture.start();
  await world.settle(capture);
  await world.sql.query("update items set name = 'x'");
  await world.settle(capture);
  const warnings = logger.records.filter(({ message }) => message.includes('replica identity'));
  expect(warnings.map(({ fields }) => fields)).toEqual([{ table: 'items', identity: 'default' }]);
  expect(JSON.parse((await world.history()).at(-1)?.['old_data'] as string)).toEqual({ id: '1' });
});
