import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { withClient } from '../with-client.js';
import { migrateEngine } from './migrate-engine.js';

describe('the engine tables', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await acquireDatabase();
    await migrateEngine({ url: database.url });
    await run(`insert into sync.change_history (epoch, seq, ordinal, id, lsn, table_name, operation, data, transaction_id, schema_version,
        "timestamp", metadata, client_id, scope_old, scope_new, chain)
      select '3c1e4a52-9f0b-4d11-8a3e-000000000001', n, 0, gen_random_uuid(), lpad(to_hex(n), 17, '0'), 'invoices', 'update', '{}', (n / 3)::text, '1.0.0',
        timestamptz '2026-01-01' + n * interval '1 second', jsonb_build_object('key', n % 5000), case n % 50 when 0 then (n % 700)::text end,
        case n % 9 when 0 then 'tenantId=' || n % 20 else 'tenantId=' || n % 400 end, 'tenantId=' || n % 400, case n % 3 when 2 then md5(n::text) end
      from generate_series(1, 50000) as n`);
    await run('vacuum analyze sync.change_history');
  });
  afterAll(() => database[Symbol.asyncDispose]());

  function run<T extends object>(sql: string): Promise<T[]> {
    return withClient(database.url, async (client) => (await client.query<T>(sql)).rows);
  }

  it.each([
    ['a page by row key', `scope_new = 'tenantId=7' and seq > 100 order by seq limit 500`],
    [
      'a page by the row key before the change',
      `scope_old = 'tenantId=7' and scope_old is distinct from scope_new and seq > 100 order by seq limit 500`,
    ],
    ['the history of a row', `table_name = 'invoices' and metadata ->> 'key' = '77' order by seq`],
    ['a transaction', `transaction_id = '4711'`],
    ['the changes of a client', `client_id = '350' and seq > 100 order by seq`],
    ['the chain at a position', `epoch = '3c1e4a52-9f0b-4d11-8a3e-000000000001' and seq = 4712 and chain is not null`],
    ['a stretch of time', `"timestamp" >= '2026-01-01 03:00+00' and "timestamp" < '2026-01-01 03:10+00'`],
    ['a stretch of the log', `lsn >= lpad(to_hex(1000), 17, '0') and lsn < lpad(to_hex(1100), 17, '0')`],
  ])('%s is found by an index', async (_query, condition) => {
    const plan = await run<{ 'QUERY PLAN': string }>(
      `explain (costs off) select * from sync.change_history where ${condition}`,
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toContain('Index');
    expect(text).not.toContain('Seq Scan');
  });

  it('has a partition for every seq that it was asked to make room for, and asks may be repeated', async () => {
    await run(
      `select sync.ensure_history_partition(seq) from unnest(array[4999999, 5000000, 5000000, 123456789012]) as seq`,
    );
    const rows = await run<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'sync.change_history'::regclass order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'sync.change_history_00000000',
      'sync.change_history_00000001',
      'sync.change_history_00024691',
    ]);
  });

  it('takes a seq once [H3]', async () => {
    await expect(
      run(`insert into sync.change_history select * from sync.change_history where seq = 9`),
    ).rejects.toThrow('duplicate key value');
  });

  it('takes a mutation id once per client, and a txId once per principal [W2]', async () => {
    const client = (n: number) => `'3c1e4a52-9f0b-4d11-8a3e-00000000001${n}'`;
    const mutation = (n: number, id: number, tx: number) =>
      run(`insert into sync.client_mutation (client_id, mutation_id, tx_id, sub, epoch, schema_version, verdict)
        values (${client(n)}, ${id}, ${client(tx)}, 'ada', ${client(0)}, '1.0.0', 'accepted')`);
    await run(`insert into sync.client_status (client_id, sub) values (${client(1)}, 'ada'), (${client(2)}, 'ada')`);
    await mutation(1, 1, 1);
    await expect(mutation(1, 1, 2)).rejects.toThrow('client_mutation_pkey');
    await expect(mutation(2, 1, 1)).rejects.toThrow('client_mutation_sub_tx_id_key');
    await expect(mutation(3, 1, 3)).rejects.toThrow('client_mutation_client_id_fkey');
  });
});
