import { must } from '@millrace/kernel';
import type { MillraceClient } from '@millrace/pglite-client';
import { findTable } from '@millrace/schema-meta';
import { adminStatusSchema, decodeValue, type AdminStatus } from '@millrace/sync-protocol';
import { fixtureSchema } from './fixture/fixture-schema.js';
import { eventually } from './support/eventually.js';
import { expectSameRows } from './support/expect-same-rows.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';
import { headOf, rawClient } from './support/raw-client.js';

const ledger = must(findTable(fixtureSchema, 'ledger'), 'no table ledger');
const notes = must(findTable(fixtureSchema, 'notes'), 'no table notes');
const IDLE_AFTER_MS = 2_000;
const IDLE_AFTER = String(IDLE_AFTER_MS / 1000);
/** workerd evicts an object that nobody has called for ten seconds. */
const EVICTED_AFTER_MS = 13_000;
const ASLEEP_WITHIN_MS = 30_000;

/** Sessions of ours in Postgres, a moment from now. */
async function backends({ source }: FixtureStack): Promise<readonly string[]> {
  await source.run('select pg_sleep(0.05)');
  const rows = await source.rows(
    `select application_name as name from pg_stat_activity where datname = current_database() and application_name like 'millrace%' order by 1`,
  );
  return rows.map(({ name }) => name ?? '');
}

const asAdmin = ({ stack }: FixtureStack) => ({ authorization: `Bearer ${stack.adminToken}` });

async function status(fixture: FixtureStack): Promise<AdminStatus> {
  const response = await fetch(`${fixture.stack.url}/api/admin/status`, { headers: asAdmin(fixture) });
  return decodeValue(adminStatusSchema, await response.json());
}

/** Resolves once nothing of ours is open, and the status says so. */
async function asleep(fixture: FixtureStack): Promise<NonNullable<AdminStatus['sleep']>> {
  return eventually(async () => {
    expect(await backends(fixture)).toEqual([]);
    const { sleep, capture } = await status(fixture);
    expect(capture.state).toBe('asleep');
    return must(sleep, 'the status does not say that it sleeps');
  }, ASLEEP_WITHIN_MS);
}

/** Looks at Postgres alone, again and again: nothing of ours is there. */
async function staysAway(fixture: FixtureStack, forMs: number): Promise<void> {
  for (const until = Date.now() + forMs; Date.now() < until; ) expect(await backends(fixture)).toEqual([]);
}

const writeLedger = ({ source }: FixtureStack, rows: number) =>
  source.run(
    `insert into ledger (tenant_id, writer, n, amount) select 'a', 1, n, n * 7 from generate_series(1, ${rows}) n`,
  );

/** Each row of the source is in history once, densely numbered, in one epoch. */
async function expectHistoryOnce({ source }: FixtureStack): Promise<void> {
  const [history] = await source.rows(`
    select (select count(*) from ledger) as rows, count(*) filter (where table_name = 'ledger') as changes,
           count(distinct data ->> 'id') filter (where table_name = 'ledger') as ids, count(distinct epoch) as epochs,
           max(seq) - min(seq) + 1 = count(*) as dense from sync.change_history`);
  const rows = history?.['rows'] ?? null;
  expect(history).toEqual({ rows, changes: rows, ids: rows, epochs: '1', dense: 't' });
}

describe.each(['stream', 'poll'] as const)(
  '[Z1] a server that nobody is connected to, with the %s reader',
  (reader) => {
    let fixture: FixtureStack;
    let client: MillraceClient;
    beforeAll(async () => {
      fixture = await startFixtureStack({ reader, env: { MILLRACE_IDLE_AFTER: IDLE_AFTER } });
      client = await fixture.client('a');
    }, 180_000);
    afterAll(() => fixture?.[Symbol.asyncDispose]());

    it('keeps its connections while a client is there, and has none once it has left', async () => {
      await eventually(() => expect(client.status.get().connected).toBe(true));
      const connectedFor = Date.now() + 6_000;
      await eventually(() => expect(Date.now()).toBeGreaterThan(connectedFor));
      expect((await backends(fixture)).length).toBeGreaterThan(0);
      expect((await status(fixture)).sleep).toBeNull();

      client.disconnect();
      const sleep = await asleep(fixture);
      expect(Date.parse(sleep.nextLookAt) - Date.parse(sleep.since)).toBe(3_600_000);
    }, 120_000);

    it('is not woken by health, metrics or status, and after its object was evicted they still tell what was last known', async () => {
      await asleep(fixture);
      const { time: _then, ...before } = await status(fixture);
      expect(before).toMatchObject({
        slot: { walStatus: 'reserved' },
        lagMs: null,
        epochs: [{ cause: 'first-start' }],
      });
      await staysAway(fixture, EVICTED_AFTER_MS);

      for (let look = 0; look < 20; look++) {
        const { time: _now, ...known } = await status(fixture);
        expect(known).toEqual(before);
        const health = await fetch(`${fixture.stack.url}/healthz`);
        expect([health.status, await health.json()]).toEqual([200, { ok: true, state: 'asleep' }]);
        const metrics = await (await fetch(`${fixture.stack.url}/metrics`, { headers: asAdmin(fixture) })).text();
        expect(metrics).toContain('millrace_capture_state{state="asleep"} 1');
        expect(metrics).not.toContain('lag_seconds');
      }
      await staysAway(fixture, 3_000);
    }, 120_000);

    it('[I2] what an outside writer commits meanwhile reaches a client that returns, each row once', async () => {
      await asleep(fixture);
      await writeLedger(fixture, 1_000);
      expect(await backends(fixture)).toEqual([]);
      client.connect();
      await eventually(() => expectSameRows({ client, source: fixture.source, tenant: 'a' }, ledger), 60_000);
      await expectHistoryOnce(fixture);
      expect((await status(fixture)).sleep).toBeNull();
      client.disconnect();
    }, 120_000);

    it('[I2][I3] what a client wrote while it was away arrives when it returns to a sleeping server', async () => {
      await client.db.query(
        `insert into notes (id, tenant_id, title) values (gen_random_uuid(), 'a', 'while you slept')`,
      );
      await asleep(fixture);
      client.connect();
      await eventually(() => expect(client.pending().get()).toHaveLength(0), 60_000);
      await eventually(() => expectSameRows({ client, source: fixture.source, tenant: 'a' }, notes), 60_000);
      const [there] = await fixture.source.rows(`select count(*) from notes where title = 'while you slept'`);
      expect(there).toEqual({ count: '1' });
      client.disconnect();
    }, 120_000);

    it('a push by itself arrives and wakes it, and it falls asleep again', async () => {
      const raw = await rawClient(fixture, 'a');
      const { epoch } = await headOf(fixture.stack);
      await asleep(fixture);
      const id = '11111111-1111-4111-8111-111111111111';
      const change = {
        table: 'notes',
        operation: 'insert',
        key: { id },
        set: { tenant_id: 'a', title: 'pushed' },
        old: {},
        version: null,
      };
      const mutation = { mutationId: 1, txId: '12345678-1234-4234-8234-123456789012', changes: [change] };
      const body = { clientId: raw.clientId, epoch, schemaVersion: '1.0.0', mutations: [mutation] };
      const pushed = await raw.post('/api/changes', body);
      expect([pushed.status, await pushed.json()]).toMatchObject([200, { results: [{ verdict: 'accepted' }] }]);
      await eventually(async () => {
        const rows = await fixture.source.rows(`select 1 from sync.change_history where data ->> 'id' = $1`, [id]);
        expect(rows).toHaveLength(1);
      });
      await asleep(fixture);
    }, 120_000);

    it('an operator wakes it', async () => {
      await asleep(fixture);
      await fixture.stack.wake();
      expect(await status(fixture)).toMatchObject({ sleep: null, position: { seq: expect.any(String) as string } });
      await asleep(fixture);
    }, 120_000);

    it('stays asleep over kill -9, and loses nothing by it', async () => {
      const { nextLookAt } = await asleep(fixture);
      await fixture.stack.kill9();
      await writeLedger(fixture, 100);
      await fixture.stack.listening();
      const until = Date.now() + 8_000;
      await eventually(async () => {
        expect(await backends(fixture)).toEqual([]);
        if (Date.now() < until) throw new Error('not long enough yet');
      }, 15_000);
      expect((await status(fixture)).sleep?.nextLookAt).toBe(nextLookAt);
      client.connect();
      await eventually(() => expectSameRows({ client, source: fixture.source, tenant: 'a' }, ledger), 60_000);
      await expectHistoryOnce(fixture);
      client.disconnect();
      await asleep(fixture);
    }, 120_000);

    it('[E1] a slot that was lost meanwhile is a new epoch, as after a restart', async () => {
      await asleep(fixture);
      await fixture.source.run(
        'select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()',
      );
      await writeLedger(fixture, 10);
      client.connect();
      await eventually(() => expectSameRows({ client, source: fixture.source, tenant: 'a' }, ledger), 60_000);
      const causes = (await status(fixture)).epochs.map(({ cause }) => cause);
      expect(causes.toSorted()).toEqual(['first-start', 'slot-missing']);
      client.disconnect();
      await asleep(fixture);
    }, 120_000);
  },
);

describe('[Z1][I11] a server that sleeps for maxSleep', () => {
  let fixture: FixtureStack;
  beforeAll(async () => {
    fixture = await startFixtureStack({ env: { MILLRACE_IDLE_AFTER: IDLE_AFTER, MILLRACE_MAX_SLEEP: '4' } });
  }, 180_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  it('lets the slot follow, so that Postgres lets go of its WAL, and sleeps again', async () => {
    await asleep(fixture);
    await writeLedger(fixture, 1_000);
    const [end] = await fixture.source.rows('select pg_current_wal_insert_lsn()::text as lsn');
    await eventually(async () => {
      const [slot] = await fixture.source.rows(
        `select (confirmed_flush_lsn >= $1::pg_lsn)::text as follows from pg_replication_slots where database = current_database()`,
        [end?.['lsn'] ?? null],
      );
      expect(slot).toEqual({ follows: 'true' });
    }, 60_000);
    await expectHistoryOnce(fixture);
    await asleep(fixture);
    const client = await fixture.client('a');
    await eventually(() => expectSameRows({ client, source: fixture.source, tenant: 'a' }, ledger), 60_000);
  }, 120_000);
});
