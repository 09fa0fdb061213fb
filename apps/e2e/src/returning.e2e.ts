import { must, systemClock } from '@millrace/kernel';
import type { MillraceClient } from '@millrace/pglite-client';
import { findTable } from '@millrace/schema-meta';
import { ledgerRows } from './fixture/ledger-load.js';
import { fixtureSchema } from './fixture/fixture-schema.js';
import { countingTransport, type CountingTransport } from './support/counting-transport.js';
import { eventually } from './support/eventually.js';
import { expectSameRows } from './support/expect-same-rows.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';

const ledger = must(findTable(fixtureSchema, 'ledger'), 'no table ledger');
const FOREIGN = 100_000;
const OWN = 1_000;

describe('A client that comes back', () => {
  let fixture: FixtureStack;
  let client: MillraceClient;
  let counted: CountingTransport;
  beforeAll(async () => {
    fixture = await startFixtureStack();
    counted = countingTransport(fixture.stack.url);
    await fixture.source.run(ledgerRows('own', 20_000));
    client = await fixture.client('own', 'returning', { transport: counted });
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  async function expectEqual(): Promise<void> {
    await eventually(() => expectSameRows({ client, source: fixture.source, tenant: 'own' }, ledger), 60_000);
  }

  /** What came while the client was away and came back. */
  async function downloaded(away: () => Promise<void>): Promise<{ chunks: number; chars: number }> {
    client.disconnect();
    await eventually(() => expect(client.status.get().connected).toBe(false));
    await away();
    await captured(fixture);
    const before = { chunks: counted.chunks.count, chars: counted.stream.chars };
    client.connect();
    await eventually(() => expect(client.status.get().connected).toBe(true));
    await expectEqual();
    await eventually(async () => expect(client.status.get().position?.seq.toString()).toBe(await lastSeq(fixture)));
    return { chunks: counted.chunks.count - before.chunks, chars: counted.stream.chars - before.chars };
  }

  it(`after ${FOREIGN} changes of others downloads none of them`, async () => {
    const { chunks, chars } = await downloaded(() =>
      fixture.source.run(Array.from({ length: 10 }, (_, n) => ledgerRows(`other-${n}`, FOREIGN / 10)).join('; ')),
    );
    expect(chunks).toBe(0);
    console.log(`after ${FOREIGN} foreign changes: ${chars} characters`);
    expect(chars).toBeLessThan(4_000);
  }, 240_000);

  it(`after ${OWN} changes of its own downloads only those`, async () => {
    const { chunks, chars } = await downloaded(() => fixture.source.run(ledgerRows('own', OWN)));
    expect(chunks).toBe(0);
    console.log(`after ${OWN} own changes: ${chars} characters`);
    expect(chars).toBeLessThan(OWN * 500);
  }, 120_000);

  it('(E2, I9, I12) that never went away and is at the head learns of a new epoch without any further commit', async () => {
    await eventually(async () => expect(client.status.get().position?.seq.toString()).toBe(await lastSeq(fixture)));
    const epoch = client.status.get().position?.epoch;
    await dropSlot(fixture);
    await eventually(() => expect(client.status.get().position?.epoch).not.toBe(epoch), 30_000);
    await expectEqual();
  }, 120_000);

  it.each([
    ['below the horizon', 'below-horizon', forgetHistory],
    ['of another epoch', 'epoch-changed', newEpoch],
  ])(
    'A4 %s: resyncs, with its old rows readable throughout and its own writes kept',
    async (_what, cause, end) => {
      client.disconnect();
      await eventually(() => expect(client.status.get().connected).toBe(false));
      await client.db.query(`insert into notes (tenant_id, title) values ('own', 'written ${performance.now()}')`);
      await fixture.source.run(`update ledger set amount = amount + 1 where tenant_id = 'own' and n < 10`);
      await captured(fixture);
      await end(fixture);
      const held = (await client.db.query<{ count: string }>('select count(*)::text as count from ledger')).rows[0]
        ?.count;
      const causes = new Set<string>();
      const stop = client.status.subscribe(({ resync }) => resync && causes.add(resync));
      client.connect();
      let reads = 0;
      while (causes.size === 0 || !client.status.get().connected) {
        const [row] = (await client.db.query<{ count: string }>('select count(*)::text as count from ledger')).rows;
        expect(row?.count).toBe(held);
        reads += 1;
        // A database in this process answers without ever letting the network in.
        await systemClock.sleep(1);
      }
      stop();
      expect([...causes]).toEqual([cause]);
      expect(reads).toBeGreaterThan(3);
      await expectEqual();
      await eventually(() => expect(client.status.get().pending).toBe(0));
    },
    120_000,
  );
});

/** Everything committed by now is in history. */
async function captured({ source }: FixtureStack): Promise<void> {
  const title = `marker ${performance.now()}`;
  await source.run(`insert into notes (tenant_id, title) values ('marker', '${title}')`);
  await eventually(async () => {
    const rows = await source.rows(`select 1 from sync.change_history where data ->> 'title' = $1`, [title]);
    expect(rows).toHaveLength(1);
  }, 60_000);
}

async function lastSeq({ source }: FixtureStack): Promise<string> {
  return String((await source.rows('select last_seq from sync.replication_state'))[0]?.['last_seq']);
}

/** As the horizon setting does: what is old is gone, the newest stays. The memory of the ReplicationDO would still serve it. */
async function forgetHistory({ stack, source }: FixtureStack): Promise<void> {
  await stack.kill9();
  await source.run(`delete from sync.change_history where seq < (select last_seq from sync.replication_state)`);
  await stack.listening();
  await stack.wake();
}

/** As when the slot was lost. */
async function newEpoch(fixture: FixtureStack): Promise<void> {
  const { stack } = fixture;
  await stack.kill9();
  await dropSlot(fixture);
  await stack.listening();
  await stack.wake();
}

/** Whoever reads it is thrown out first. A running capture comes back within moments, so that both go together. */
async function dropSlot({ source }: FixtureStack): Promise<void> {
  const slot = `from pg_replication_slots where slot_name = 'millrace'`;
  await eventually(async () => {
    await source.run(`select pg_terminate_backend(active_pid) ${slot} and active`);
    await source.run(`select pg_drop_replication_slot(slot_name) ${slot}`);
  });
}
