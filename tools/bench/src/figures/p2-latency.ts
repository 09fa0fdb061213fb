import { systemClock } from '@millrace/kernel';
import type { Bench, BenchContext } from '../core/bench.js';
import { atMost, figure, type Figure } from '../core/figure.js';
import { machineNow } from '../core/machine-clock.js';
import { percentile, spreadOf } from '../core/percentile.js';
import { meterProcesses } from '../core/process-meter.js';
import { startBenchStack, type BenchStack } from '../support/bench-stack.js';
import { openCommitStream } from '../support/commit-stream.js';
import { invoiceNumber } from '../support/invoices.js';
import { openNodeClient } from '../support/node-client.js';
import { openBenchPage } from '../support/bench-page.js';
import { buildPageSite } from '../support/page-site.js';
import { arrivalOf, watchClient, type Watched } from '../support/cursor-moves.js';

const HELD_ROWS = 100_000;
const UPDATES = 200;
const PER_SECOND = 20;
/** The first ones find cold caches and code that has not been compiled: they are run, and not counted. */
const WARM_UP = 20;

const CLOCK = { starts: 'COMMIT is sent', stops: "the client's cursor has moved past it" };
const LIMIT = "Postgres' own stream: pgoutput read into Node and thrown away";

/** P2: how long after a commit its change is in the client's database. */
export const latencyBench: Bench = {
  id: 'p2',
  title: 'commit → visible, 20 updates a second, the client holds 100,000 rows',
  async *run(context) {
    const rows = context.quick ? 2_000 : HELD_ROWS;
    await using bench = await startBenchStack(context, { rows, siteDir: await buildPageSite(context) });
    yield await inNode(context, bench);
    yield await inChromium(context, bench);
  },
};

async function inNode(context: BenchContext, bench: BenchStack): Promise<Figure> {
  context.say('a Node client in memory loads its rows');
  await using opened = await openNodeClient(context, bench);
  const watched = watchClient(opened.client);
  const measured = await measure(context, bench, {
    name: 'p2-node',
    watched,
    processes: { 'Node client': process.pid },
  });
  return figure({
    ...describe(measured),
    id: 'p2-node',
    title: 'commit → visible, Node client in memory',
    process: 'this Node process: writer, client and PGlite share it',
    budgets: [atMost('p50 ≤ 12 ms', measured.spread.p50, 12), atMost('p99 ≤ 100 ms', measured.spread.p99, 100)],
  });
}

async function inChromium(context: BenchContext, bench: BenchStack): Promise<Figure> {
  context.say('Chromium loads its rows into OPFS');
  await using page = await openBenchPage(context, bench);
  await page.openClient('opfs');
  const watched = await page.watch();
  const measured = await measure(context, bench, { name: 'p2-chromium', watched, processes: { Chromium: page.pid } });
  return figure({
    ...describe(measured),
    id: 'p2-chromium',
    title: 'commit → visible, Chromium with OPFS',
    process: 'the writer in this Node process, PGlite in a worker of a Chromium page',
    budgets: [atMost('p50 ≤ 25 ms', measured.spread.p50, 25), atMost('p99 ≤ 100 ms', measured.spread.p99, 100)],
  });
}

interface Measured extends Pick<Figure, 'use'> {
  readonly spread: ReturnType<typeof spreadOf>;
  readonly samples: readonly number[];
  readonly raw: readonly number[];
  readonly answered: readonly number[];
  readonly rawBytes: number;
}

interface Subject {
  readonly name: string;
  readonly watched: Watched;
  readonly processes: Readonly<Record<string, number>>;
}

async function measure(
  context: BenchContext,
  bench: BenchStack,
  { name, watched, processes }: Subject,
): Promise<Measured> {
  const updates = context.quick ? 40 : UPDATES + WARM_UP;
  await using raw = await context.own(await openCommitStream(bench.stack.databaseUrl, 'bench_raw'));
  const start = await bench.headSeq();
  context.say(`${updates} updates, ${PER_SECOND} a second`);
  const profiling = await context.profiler.start(name);
  const meter = meterProcesses({ ...processes, workerd: bench.stack.pid(), Postgres: context.postgres.pid });
  const commits = await commitUpdates(bench, updates);
  await watched.reached(start + BigInt(updates));
  await raw.arrived(updates);
  const use = meter.stop();
  await profiling.stop();
  const moves = await watched.moves();
  const counted = commits.slice(Math.min(WARM_UP, updates / 2));
  const samples = counted.map(({ n, sentAt }) => arrivalOf(moves, start + BigInt(n) + 1n) - sentAt);
  return {
    use,
    samples,
    spread: spreadOf(samples),
    raw: counted.map(({ n, sentAt }) => (raw.arrivals[n] as number) - sentAt),
    answered: counted.map(({ sentAt, answeredAt }) => answeredAt - sentAt),
    rawBytes: raw.bytes,
  };
}

interface CommittedUpdate {
  readonly n: number;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** One row each, which is one position each: the n-th is visible when the cursor has moved by n + 1. */
async function commitUpdates({ source }: BenchStack, updates: number): Promise<readonly CommittedUpdate[]> {
  const committed: CommittedUpdate[] = [];
  const began = machineNow();
  for (let n = 0; n < updates; n++) {
    await systemClock.sleep(Math.max(0, began + (n * 1000) / PER_SECOND - machineNow()));
    await source.run(`begin; update invoices set notes = 'update ${n}' where number = '${invoiceNumber(500)}'`);
    const sentAt = machineNow();
    await source.run('commit');
    committed.push({ n, sentAt, answeredAt: machineNow() });
  }
  return committed;
}

function describe({ spread, samples, raw, answered, use, rawBytes }: Measured) {
  const p50 = (values: readonly number[]): string => percentile(values, 0.5).toFixed(1);
  return {
    unit: 'ms' as const,
    value: spread.p50,
    limit: { value: percentile(raw, 0.5), of: `${LIMIT}, p50` },
    clock: CLOCK,
    spread,
    use,
    bytes: { 'pgoutput of the raw stream': rawBytes },
    series: [
      { name: 'visible', values: samples },
      { name: 'raw stream', values: raw },
      { name: 'COMMIT answered', values: answered },
    ],
    notes: [
      `COMMIT itself is answered after ${p50(answered)} ms (p50): from then on it is ${(spread.p50 - percentile(answered, 0.5)).toFixed(1)} ms`,
      `p99 of the raw stream: ${percentile(raw, 0.99).toFixed(1)} ms`,
    ],
  };
}
