import { must, systemClock } from '@millrace/kernel';
import { connectPg } from '@millrace/postgres';
import { findTable } from '@millrace/schema-meta';
import { seededRandom } from '@millrace/testing';
import { LOAD_DDL } from './fixture/fixture-ddl.js';
import { fixtureSchema } from './fixture/fixture-schema.js';
import { eventually } from './support/eventually.js';
import { expectSameRows } from './support/expect-same-rows.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';

const ledger = must(findTable(fixtureSchema, 'ledger'), 'no table ledger');
const KILLS = 10;
const WRITERS = 2;
const OFFERED_PER_SECOND = 500;
const LOAD_SECONDS = 35;
const TENANTS = ['east', 'west'];

describe('I2 I7 workerd is killed again and again under load', () => {
  let fixture: FixtureStack;
  beforeAll(async () => {
    fixture = await startFixtureStack();
    await fixture.source.run(LOAD_DDL);
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  it(`loses and doubles nothing over ${KILLS} kills at ${OFFERED_PER_SECOND} offered writes/s`, async () => {
    const clients = await Promise.all(TENANTS.map((tenant) => fixture.client(tenant)));
    const random = seededRandom(20261125);

    const began = Date.now();
    const load = Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => writeLedger(fixture.stack.databaseUrl, writer)),
    );
    for (let kill = 0; kill < KILLS; kill++) {
      await historyGrows(fixture);
      await systemClock.sleep(random.next() * 1_500);
      await fixture.stack.kill9();
      await fixture.stack.listening();
    }
    await load;
    const written = Number((await fixture.source.rows('select count(*) from ledger'))[0]?.['count']);
    console.log(
      `achieved ${Math.round(written / ((Date.now() - began) / 1000))} writes/s of ${OFFERED_PER_SECOND} offered; ${written} rows, ${KILLS} kills`,
    );

    await eventually(async () => {
      for (const [index, client] of clients.entries()) {
        await expectSameRows({ client, source: fixture.source, tenant: TENANTS[index] as string }, ledger);
      }
    }, 120_000);

    const [history] = await fixture.source.rows(`
      select count(*) as changes, count(distinct data ->> 'id') as rows, count(distinct seq) as seqs, count(distinct epoch) as epochs
        from sync.change_history where table_name = 'ledger'`);
    expect({ ...history }).toEqual({
      changes: String(written),
      rows: String(written),
      seqs: String(written),
      epochs: '1',
    });
    const [dense] = await fixture.source.rows(
      'select max(seq) - min(seq) + 1 as span, count(*) as count from sync.change_history',
    );
    expect(dense?.['span']).toBe(dense?.['count']);
  }, 400_000);
});

async function writeLedger(databaseUrl: string, writer: number): Promise<void> {
  const session = await connectPg({ connectionString: databaseUrl, applicationName: 'e2e-load' });
  try {
    const tenants = TENANTS.map((tenant) => `'${tenant}'`).join(', ');
    await session.query(
      `call write_ledger(${writer}, array[${tenants}], ${OFFERED_PER_SECOND / WRITERS}, ${LOAD_SECONDS})`,
    );
  } finally {
    await session.close();
  }
}

async function historyGrows(fixture: FixtureStack): Promise<void> {
  const seq = async () =>
    BigInt((await fixture.source.rows('select last_seq from sync.replication_state'))[0]?.['last_seq'] ?? '0');
  const before = await seq();
  await eventually(async () => expect((await seq()) > before).toBe(true), 30_000);
}
