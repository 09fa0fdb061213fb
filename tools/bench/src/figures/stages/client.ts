import { PGlite } from '@electric-sql/pglite';
import type { HistoryTransaction } from '@millrace/change-history';
import type { BenchContext } from '../../core/bench.js';
import type { Figure } from '../../core/figure.js';
import { median } from '../../core/percentile.js';
import { until } from '../../core/until.js';
import type { BenchStack } from '../../support/bench-stack.js';
import { invoiceNumber } from '../../support/invoices.js';
import { openNodeClient } from '../../support/node-client.js';
import type { ReplayedClient } from '../../support/replayed-client.js';
import { createTableSql } from '../../support/table-sql.js';
import { stageFigure, timings } from './stage-figure.js';

const TIMES = 100;
const BULK = 1_000;
const LIST = 'select number, status, amount_cents, notes from invoices order by issued_at desc limit 50';

/** A backlog in the client: what a change costs when there are many. */
export async function applyBulkStage(replayed: ReplayedClient, stored: readonly HistoryTransaction[]): Promise<Figure> {
  const seconds = await replayed.replay(stored);
  if (seconds === null) throw new Error('the transactions are too large to be streamed');
  const bare = await bareBulk();
  return stageFigure({
    id: 'apply-bulk',
    title: `apply: ${stored.length.toLocaleString('en')} one-row transactions as they come`,
    unit: 'µs',
    value: (seconds * 1e6) / stored.length,
    limit: { value: (bare * 1_000) / BULK, of: `one UPDATE of ${BULK} rows by key from a JSON array in a bare PGlite` },
    process: 'this Node process, PGlite in memory',
    covers: 'frames, assembly, and PGlite transactions with their cursor, per change',
  });
}

/** One change at a time: apply, and then the list that shows it. */
export async function* applyOneStages(context: BenchContext, bench: BenchStack): AsyncGenerator<Figure, void, void> {
  await using opened = await openNodeClient(context, bench);
  const { client } = opened;
  let shownAt = 0;
  const end = await client.live(LIST, [], () => (shownAt = performance.now()));
  const applied: number[] = [];
  const shown: number[] = [];
  for (let n = 0; n < TIMES; n++) {
    const target = (await bench.headSeq()) + 1n;
    const moved = until(client.status, ({ position }) => (position?.seq ?? 0n) >= target).then(() => performance.now());
    const before = shownAt;
    await bench.source.run(`update invoices set notes = 'shown ${n}' where number = '${invoiceNumber(500)}'`);
    const answeredAt = performance.now();
    const movedAt = await moved;
    while (shownAt === before) await new Promise((resolve) => setImmediate(resolve));
    applied.push(movedAt - answeredAt);
    shown.push(shownAt - movedAt);
  }
  await end();
  const query = await timings(TIMES, () => client.db.query(LIST));
  const bare = await bareUpdates();
  yield stageFigure({
    id: 'whole-way',
    title: 'the whole way: one row, from COMMIT answered to applied',
    unit: 'ms',
    value: median(applied),
    limit: { value: median(bare), of: 'the same UPDATE in a bare PGlite in memory' },
    process: 'all of the way, ending in this Node process',
    covers: 'everything after the commit: capture, history, delivery and apply',
  });
  yield stageFigure({
    id: 'live-query',
    title: 'live query: 50 newest rows of those held, after a change was applied',
    unit: 'ms',
    value: median(shown),
    limit: { value: median(query), of: 'that query by itself' },
    process: 'this Node process, PGlite in memory',
    covers: 'cursor seen to move → new rows handed to the app',
    notes: ['below its limit the query had run before the cursor was seen to move: then this is not its cost'],
  });
}

async function bareBulk(): Promise<number> {
  return withRows(async (pg) => {
    const { rows } = await pg.query<{ id: string }>('select id from invoices limit $1', [BULK]);
    const runs = await timings(5, (n) =>
      pg.query(
        'update invoices t set notes = x.notes from json_to_recordset($1::json) as x (id uuid, notes text) where t.id = x.id',
        [JSON.stringify(rows.map(({ id }) => ({ id, notes: `bulk ${n}` })))],
      ),
    );
    return median(runs);
  });
}

async function bareUpdates(): Promise<readonly number[]> {
  return withRows(async (pg) => {
    const { rows } = await pg.query<{ id: string }>('select id from invoices limit 1');
    return timings(TIMES, (n) => pg.query('update invoices set notes = $2 where id = $1', [rows[0]?.id, `one ${n}`]));
  });
}

async function withRows<T>(work: (pg: PGlite) => Promise<T>): Promise<T> {
  const pg = await PGlite.create();
  try {
    await pg.exec(createTableSql('invoices'));
    await pg.exec('insert into invoices (id) select gen_random_uuid() from generate_series(1, 10000)');
    return await work(pg);
  } finally {
    await pg.close();
  }
}
