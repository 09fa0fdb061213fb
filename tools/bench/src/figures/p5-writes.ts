import { PGlite } from '@electric-sql/pglite';
import { systemClock } from '@millrace/kernel';
import type { Bench, BenchContext } from '../core/bench.js';
import { atMost, figure, type Figure } from '../core/figure.js';
import { machineNow } from '../core/machine-clock.js';
import { percentile, spreadOf } from '../core/percentile.js';
import { meterProcesses, type ProcessUse } from '../core/process-meter.js';
import { startBenchStack, type BenchStack } from '../support/bench-stack.js';
import { openBenchPage } from '../support/bench-page.js';
import { openCommitStream } from '../support/commit-stream.js';
import { arrivalOf, watchClient, type Watched } from '../support/cursor-moves.js';
import { invoiceNumber } from '../support/invoices.js';
import { openNodeClient } from '../support/node-client.js';
import { buildPageSite } from '../support/page-site.js';
import { createTableSql } from '../support/table-sql.js';

const ROWS = 10_000;
const WRITES = 100;
const WARM_UP = 10;
const EVERY_MS = 100;
/** The row and the mutation's own entry in history: a write moves the cursor by two [W5]. */
const SEQS_PER_WRITE = 2n;

/** P5: how long a client's write takes to be done here, on Postgres, and on a second client. */
export const writesBench: Bench = {
  id: 'p5',
  title: 'a client writes: done locally, on Postgres, on a second client',
  async *run(context) {
    await using bench = await startBenchStack(context, { rows: ROWS, siteDir: await buildPageSite(context) });
    const key = await keyOfRow(bench);
    await using page = await openBenchPage(context, bench);
    await page.openClient('opfs');
    await using node = await openNodeClient(context, bench);
    const { quick } = context;
    const limits = { pg: await updateByPg(bench, { key, quick }), pglite: await updateByPGlite(quick) };

    context.say('Chromium writes, a Node client follows');
    yield* figuresOf(
      await measure(context, bench, {
        name: 'chromium',
        process: 'the writer in a Chromium page with OPFS, the second client in Node',
        write: (sql) => page.call('write', sql),
        follower: watchClient(node.client),
        processes: { Chromium: page.pid, 'Node client': process.pid },
        key,
      }),
      limits,
    );

    context.say('a Node client writes, Chromium follows');
    yield* figuresOf(
      await measure(context, bench, {
        name: 'node',
        process: 'the writer in this Node process in memory, the second client in a Chromium page with OPFS',
        write: async (sql) => {
          const askedAt = machineNow();
          await node.client.db.query(sql);
          return { askedAt, doneAt: machineNow() };
        },
        follower: await page.watch(),
        processes: { Chromium: page.pid, 'Node client': process.pid },
        key,
      }),
      limits,
    );
  },
};

interface Subject {
  readonly name: string;
  readonly process: string;
  readonly write: (sql: string) => Promise<{ readonly askedAt: number; readonly doneAt: number }>;
  readonly follower: Watched;
  readonly processes: Readonly<Record<string, number>>;
  readonly key: string;
}

interface Measured {
  readonly subject: Subject;
  readonly local: readonly number[];
  readonly postgres: readonly number[];
  readonly second: readonly number[];
  readonly use: readonly ProcessUse[];
}

interface Limits {
  readonly pg: readonly number[];
  readonly pglite: readonly number[];
}

const updateSql = (key: string, n: number): string => `update invoices set notes = 'write ${n}' where id = '${key}'`;

async function measure(context: BenchContext, bench: BenchStack, subject: Subject): Promise<Measured> {
  const writes = (context.quick ? 10 : WRITES) + WARM_UP;
  await using raw = await context.own(await openCommitStream(bench.stack.databaseUrl, `bench_${subject.name}`));
  const start = await bench.headSeq();
  const profiling = await context.profiler.start(`p5-${subject.name}`);
  const meter = meterProcesses({ ...subject.processes, workerd: bench.stack.pid(), Postgres: context.postgres.pid });
  const done: { readonly askedAt: number; readonly doneAt: number }[] = [];
  const began = machineNow();
  for (let n = 0; n < writes; n++) {
    await systemClock.sleep(Math.max(0, began + n * EVERY_MS - machineNow()));
    done.push(await subject.write(updateSql(subject.key, n)));
  }
  await subject.follower.reached(start + BigInt(writes) * SEQS_PER_WRITE);
  await raw.arrived(writes);
  const use = meter.stop();
  await profiling.stop();
  const head = await bench.headSeq();
  if (head !== start + BigInt(writes) * SEQS_PER_WRITE)
    throw new Error(`${writes} writes moved history by ${head - start}: the n-th write has no position of its own`);
  const moves = await subject.follower.moves();
  const counted = done.map((write, n) => ({ ...write, n })).slice(WARM_UP);
  return {
    subject,
    use,
    local: counted.map(({ askedAt, doneAt }) => doneAt - askedAt),
    postgres: counted.map(({ askedAt, n }) => (raw.arrivals[n] as number) - askedAt),
    second: counted.map(({ askedAt, n }) => arrivalOf(moves, start + BigInt(n + 1) * SEQS_PER_WRITE) - askedAt),
  };
}

function* figuresOf({ subject, local, postgres, second, use }: Measured, limits: Limits): Generator<Figure> {
  const starts = 'the app calls db.query(update …)';
  const shared = { unit: 'ms' as const, process: subject.process, use };
  const pg = { value: percentile(limits.pg, 0.5), of: 'the same UPDATE by pg at the same pace, p50' };
  yield figure({
    ...shared,
    ...valuesOf(local, 'bare PGlite', limits.pglite),
    id: `p5-local-${subject.name}`,
    title: 'local write',
    clock: { starts, stops: 'the call resolves: committed, recorded, flushed' },
    limit: {
      value: percentile(limits.pglite, 0.5),
      of: 'the same UPDATE in a bare PGlite in memory in Node at the same pace, p50',
    },
    budgets: [atMost('p50 ≤ 3 ms', percentile(local, 0.5), 3)],
  });
  yield figure({
    ...shared,
    ...valuesOf(postgres, 'pg', limits.pg),
    id: `p5-postgres-${subject.name}`,
    title: 'local write → on Postgres',
    clock: { starts, stops: "its commit has come back on Postgres' own stream, read without a store" },
    limit: pg,
    budgets: [atMost('p50 ≤ 20 ms', percentile(postgres, 0.5), 20)],
  });
  yield figure({
    ...shared,
    ...valuesOf(second, 'pg', limits.pg),
    id: `p5-second-${subject.name}`,
    title: 'local write → on a second client',
    clock: { starts, stops: "the second client's cursor has moved past it" },
    limit: pg,
    budgets: [atMost('p50 ≤ 45 ms', percentile(second, 0.5), 45)],
  });
}

function valuesOf(samples: readonly number[], limitName: string, limit: readonly number[]) {
  const spread = spreadOf(samples);
  const series = [
    { name: 'write', values: samples },
    { name: limitName, values: limit },
  ];
  return { value: spread.p50, spread, series };
}

async function keyOfRow({ source }: BenchStack): Promise<string> {
  const [row] = await source.rows('select id from invoices where number = $1', [invoiceNumber(500)]);
  return row?.['id'] ?? '';
}

/** Paced as the writes that they are held against: the same statement takes twice as long when caches have gone cold in between. */
async function timed(quick: boolean, write: (n: number) => Promise<unknown>): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let n = 0; n < (quick ? 10 : WRITES) + WARM_UP; n++) {
    await systemClock.sleep(EVERY_MS);
    const askedAt = machineNow();
    await write(n);
    samples.push(machineNow() - askedAt);
  }
  return samples.slice(WARM_UP);
}

async function updateByPg(
  { source, headSeq }: BenchStack,
  { key, quick }: { readonly key: string; readonly quick: boolean },
): Promise<readonly number[]> {
  const samples = await timed(quick, (n) => source.run(updateSql(key, n)));
  await historyIsQuiet(headSeq);
  return samples;
}

/** What was written before must not be counted as what comes now. */
async function historyIsQuiet(headSeq: () => Promise<bigint>): Promise<void> {
  for (let last = -1n; ; ) {
    const head = await headSeq();
    if (head === last) return;
    last = head;
    await systemClock.sleep(500);
  }
}

async function updateByPGlite(quick: boolean): Promise<readonly number[]> {
  const pg = await PGlite.create();
  try {
    await pg.exec(createTableSql('invoices'));
    await pg.query(
      `insert into invoices (id, notes) select overlay(lpad(n::text, 32, '0') placing '4' from 13)::uuid, 'x' from generate_series(1, ${ROWS}) n`,
    );
    const key = (await pg.query<{ id: string }>('select id from invoices limit 1')).rows[0]?.id ?? '';
    return await timed(quick, (n) => pg.query(updateSql(key, n)));
  } finally {
    await pg.close();
  }
}
