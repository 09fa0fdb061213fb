import { hashTable } from '@millrace/hydration';
import { must, systemClock } from '@millrace/kernel';
import { connectPg } from '@millrace/postgres';
import { findTable } from '@millrace/schema-meta';
import { ledgerRows, MOVE_AMOUNTS_DDL } from './fixture/ledger-load.js';
import { fixtureSchema } from './fixture/fixture-schema.js';
import { eventually } from './support/eventually.js';
import { expectSameRows } from './support/expect-same-rows.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';
import { rawClient } from './support/raw-client.js';
import { sourceConnection } from './support/read-connection.js';
import { readySnapshot, tableOf } from './support/snapshots.js';

const ledger = must(findTable(fixtureSchema, 'ledger'), 'no table ledger');
const CROWD_ROWS = 30_000;
const LARGE_ROWS = 400_000;
/** `HYDRATIONS=200` for the long run. */
const HYDRATIONS = Number(process.env['HYDRATIONS'] ?? 6);
const HELD_ROWS = 10_000;
const OFFERED_PER_SECOND = 2_000;
const WRITERS = 2;

describe('[S1] building snapshots', () => {
  let fixture: FixtureStack;
  beforeAll(async () => {
    fixture = await startFixtureStack();
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  it('ten clients of one tenant hydrate at once: each table is read once', async () => {
    await fixture.source.run(ledgerRows('crowd', CROWD_ROWS));
    const crowd = await Promise.all(Array.from({ length: 10 }, () => rawClient(fixture, 'crowd')));
    const manifests = await Promise.all(crowd.map((client) => readySnapshot(client)));
    const ids = manifests.map(({ tables }) => tables.map(({ id }) => id).join());
    expect(new Set(ids).size).toBe(1);
    expect(manifests.map((manifest) => tableOf(manifest, 'ledger').rows)).toEqual(Array(10).fill(CROWD_ROWS));
    const [built] = await fixture.source.rows('select count(*) as builds from sync.snapshot');
    expect(Number(built?.['builds'])).toBe(fixtureSchema.tables.length);
  }, 120_000);

  it('I9 a workerd that dies while it builds: the next client finishes it', async () => {
    await fixture.source.run(ledgerRows('large', LARGE_ROWS));
    const first = await rawClient(fixture, 'large');
    let killed = false;
    const building = readySnapshot(first, {}, (rows) => {
      if (killed || rows === 0) return;
      killed = true;
      void fixture.stack.kill9();
    }).catch((error: unknown) => error);
    await building;
    expect(killed).toBe(true);
    await fixture.stack.listening();
    const second = await rawClient(fixture, 'large');
    const table = tableOf(await readySnapshot(second), 'ledger');
    expect(table.rows).toBe(LARGE_ROWS);
    expect(table.hash).toEqual(await hashTable(sourceConnection(fixture.source), ledger, `tenant_id = 'large'`));
    expect(table.chunks.reduce((sum, { bytes }) => sum + bytes, 0) / table.rows).toBeLessThanOrEqual(90);
  }, 240_000);
});

describe(`I1 I5 ${HYDRATIONS} hydrations of ${HELD_ROWS} rows under ${OFFERED_PER_SECOND} offered writes/s`, () => {
  let fixture: FixtureStack;
  beforeAll(async () => {
    fixture = await startFixtureStack();
    await fixture.source.run(MOVE_AMOUNTS_DDL);
    await fixture.source.run(ledgerRows('held', HELD_ROWS));
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  const sumOfAmounts = `select sum(amount)::text as sum, count(*)::text as count from ledger`;

  it(
    'sees no half transaction and ends without a difference, with DDL, TRUNCATE and a rewriting ALTER between',
    async () => {
      const whole = (await fixture.source.rows(`${sumOfAmounts} where tenant_id = 'held'`))[0];
      const stop = new AbortController();
      const load = Promise.all(
        Array.from({ length: WRITERS }, (_, writer) => moveAmounts(fixture.stack.databaseUrl, writer, stop.signal)),
      );
      const began = Date.now();
      for (let n = 0; n < HYDRATIONS; n++) {
        const opening = fixture.client('held', `user-${n}`);
        await interfere(fixture, n);
        const client = await opening;
        // Each transaction moves an amount between two rows: any half of one, or one seen twice, changes the sum.
        const [seen] = (await client.db.query(sumOfAmounts, [], { text: true })).rows;
        expect({ ...seen }).toEqual({ ...whole });
        if (n < HYDRATIONS - 2) await client.close();
        else {
          stop.abort();
          await load;
          await expectEqual(fixture, client);
          await client.close();
        }
      }
      const moved = (await load).reduce((sum, count) => sum + count, 0);
      console.log(
        `${HYDRATIONS} hydrations, 0 differences; achieved ${Math.round(moved / ((Date.now() - began) / 1000))} tx/s of ${OFFERED_PER_SECOND} offered`,
      );
    },
    300_000 + HYDRATIONS * 15_000,
  );
});

async function expectEqual(fixture: FixtureStack, client: Awaited<ReturnType<FixtureStack['client']>>): Promise<void> {
  await eventually(() => expectSameRows({ client, source: fixture.source, tenant: 'held' }, ledger), 60_000);
}

/** Everything that a snapshot must get along with. */
async function interfere({ source }: FixtureStack, n: number): Promise<void> {
  const statements = [
    'alter table ledger add column if not exists remark text',
    "begin; truncate pairs; insert into pairs values ('held', 1, 'b', 'again'); commit",
    // Rewrites the table: a reader with an older snapshot would see none of its rows.
    'alter table ledger alter column remark type varchar(50)',
    'vacuum full ledger',
  ];
  await systemClock.sleep(50);
  await source.run(statements[n % statements.length] as string);
}

/** Moves amounts until the signal; returns how many transactions. */
async function moveAmounts(databaseUrl: string, writer: number, stop: AbortSignal): Promise<number> {
  const session = await connectPg({ connectionString: databaseUrl, applicationName: 'e2e-load' });
  let moved = 0;
  try {
    while (!stop.aborted) {
      await session.query(`call move_amounts('held', ${writer}, ${OFFERED_PER_SECOND / WRITERS}, 1)`);
      const [row] = (await session.query(`select moved::text from moves where writer = ${writer}`)).rows;
      moved = Number(row?.['moved']);
    }
    return moved;
  } finally {
    await session.close();
  }
}
