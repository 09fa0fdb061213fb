import { migrateDomain } from '@millrace/migrations-server';
import { systemClock } from '@millrace/kernel';
import { acquireDatabase } from '@millrace/testing-harness';
import type { Bench, BenchContext } from '../core/bench.js';
import { figure, type Figure } from '../core/figure.js';
import { machineNow } from '../core/machine-clock.js';
import { median, spreadOf } from '../core/percentile.js';
import { meterProcesses } from '../core/process-meter.js';
import { prepareRows, startBenchStack, type BenchStack } from '../support/bench-stack.js';
import { buildSnapshot } from '../support/built-snapshot.js';
import { arrivalOf, watchClient } from '../support/cursor-moves.js';
import { TENANT, invoiceNumber } from '../support/invoices.js';
import { openNodeClient } from '../support/node-client.js';
import { openSource, type Source } from '../support/source.js';
import { signToken } from '../support/tokens.js';
import { installZero, ZERO_VERSION } from './zero/install-zero.js';
import { startZero, type RunningZero } from './zero/start-zero.js';

const ROW_COUNTS = [10_000, 100_000];
const RUNS = 3;
const UPDATES = 100;
const WARM_UP = 10;
const EVERY_MS = 50;
const WATCHED = invoiceNumber(500);

/** Another engine on the same rows, the same work, the same machine and the same minutes: both clients in Node, both in memory. */
export const zeroBench: Bench = {
  id: 'zero',
  title: `@rocicorp/zero ${ZERO_VERSION} on the same rows and work, beside ours`,
  async *run(context) {
    const installed = await installZero(context);
    for (const rows of context.rows ?? (context.quick ? [2_000] : ROW_COUNTS)) {
      await using bench = await startBenchStack(context, { rows });
      await using database = await context.own(await acquireDatabase({ serverUrl: context.postgres.url }));
      await migrateDomain({ url: database.url });
      await prepareRows(database.url, rows);
      await using source = await context.own(await openSource(database.url));
      context.say('zero-cache copies the rows');
      await using zero = await startZero(context, installed, database.url);
      await buildSnapshot(bench.stack.url, await signToken(bench.stack.jwtSecret));
      yield await hydrateFigure(context, { bench, zero, rows });
      yield await visibleFigure(context, { bench, zero, rows, source });
    }
  },
};

interface Rivals {
  readonly bench: BenchStack;
  readonly zero: RunningZero;
  readonly rows: number;
}

/** In turn: whatever the machine does meanwhile, it does to both. */
async function hydrateFigure(context: BenchContext, { bench, zero, rows }: Rivals): Promise<Figure> {
  const count = rows.toLocaleString('en');
  const ours: number[] = [];
  const opens: number[] = [];
  const theirs: number[] = [];
  const meter = meterProcesses({
    'our client': process.pid,
    'our server': bench.stack.pid(),
    "Zero's client": zero.clientPid,
    "Zero's server": zero.serverPid,
    Postgres: context.postgres.pid,
  });
  for (let n = 0; n < RUNS; n++) {
    context.say(`${count} rows: ours, then Zero`);
    await using opened = await openNodeClient(context, bench);
    ours.push(opened.seconds.hydrate);
    opens.push(opened.seconds.open);
    await opened[Symbol.asyncDispose]();
    theirs.push(await hydrateZero(zero, rows, n));
  }
  return figure({
    id: `zero-${rows}-hydrate`,
    title: `hydrate ${count} invoices, Node client in memory, beside Zero`,
    unit: 's',
    value: median(ours),
    limit: { value: median(theirs), of: `@rocicorp/zero ${ZERO_VERSION}, preload of the same rows, p50` },
    process: 'a client in Node in memory; its server and Postgres on the same machine',
    clock: { starts: 'ours: the open client connects; Zero: the client is made', stops: 'all rows are in its store' },
    spread: spreadOf(ours),
    use: meter.stop(),
    series: [
      { name: 'ours', values: ours },
      { name: 'Zero', values: theirs },
    ],
    notes: [
      'a ratio below 1 is less time than Zero takes',
      `opening our database comes before it and is not in it: ${median(opens).toFixed(2)} s (p50); with it the ratio is ${((median(ours) + median(opens)) / median(theirs)).toFixed(2)}`,
      'the server of each has the rows at hand: a built snapshot, a SQLite replica',
    ],
  });
}

async function hydrateZero(zero: RunningZero, rows: number, n: number): Promise<number> {
  const hydrated = zero.next('hydrated');
  zero.send({ kind: 'hydrate', cacheURL: zero.cacheUrl, tenant: TENANT.id, watched: WATCHED, fresh: `run-${n}` });
  const { began, doneAt, rows: seen } = await hydrated;
  if (seen !== rows) throw new Error(`Zero's client has ${seen} of ${rows} rows`);
  return (doneAt - began) / 1000;
}

async function visibleFigure(
  context: BenchContext,
  { bench, zero, rows, source }: Rivals & { readonly source: Source },
): Promise<Figure> {
  const count = rows.toLocaleString('en');
  const updates = context.quick ? 20 : UPDATES;
  context.say(`${updates} updates each`);
  const ours = await visibleToUs(context, bench, updates);
  const theirs = await visibleToZero(zero, source, updates);
  return figure({
    id: `zero-${rows}-visible`,
    title: `commit → visible, ${count} rows held, Node client in memory, beside Zero`,
    unit: 'ms',
    value: median(ours),
    limit: { value: median(theirs), of: `@rocicorp/zero ${ZERO_VERSION}, the same updates, p50` },
    process: 'a client in Node in memory; its server and Postgres on the same machine',
    clock: {
      starts: 'COMMIT is sent',
      stops: 'ours: the cursor has moved past it; Zero: the view of that row is told',
    },
    spread: spreadOf(ours),
    series: [
      { name: 'ours', values: ours },
      { name: 'Zero', values: theirs },
    ],
    notes: [
      'a ratio below 1 is less time than Zero takes; telling a view, which Zero does within its time, is a step more than moving the cursor',
    ],
  });
}

async function visibleToUs(context: BenchContext, bench: BenchStack, updates: number): Promise<readonly number[]> {
  await using opened = await openNodeClient(context, bench);
  const watched = watchClient(opened.client);
  const start = await bench.headSeq();
  const sent = await update(bench.source, updates);
  await watched.reached(start + BigInt(sent.length));
  const moves = await watched.moves();
  return sent.map((at, n) => arrivalOf(moves, start + BigInt(n) + 1n) - at).slice(WARM_UP);
}

async function visibleToZero(zero: RunningZero, source: Source, updates: number): Promise<readonly number[]> {
  const seenAt = new Map<string, number>();
  const done = Promise.withResolvers<void>();
  const end = zero.listen((message) => {
    if (message.kind !== 'seen' || message.notes === null) return;
    seenAt.set(message.notes, message.at);
    if (message.notes === noteOf(updates - 1)) done.resolve();
  });
  const sent = await update(source, updates);
  await done.promise;
  end();
  // A value that was overtaken by the next one before it was shown has no moment of its own: the next one's counts.
  return sent.map((at, n) => firstFrom(seenAt, n, updates) - at).slice(WARM_UP);
}

const noteOf = (n: number): string => `update ${n}`;

function firstFrom(seenAt: ReadonlyMap<string, number>, n: number, updates: number): number {
  for (let later = n; later < updates; later++) {
    const at = seenAt.get(noteOf(later));
    if (at !== undefined) return at;
  }
  throw new Error(`update ${n} has not become visible`);
}

/** When each COMMIT was sent. */
async function update(source: Source, updates: number): Promise<readonly number[]> {
  const sent: number[] = [];
  const began = machineNow();
  for (let n = 0; n < updates; n++) {
    await systemClock.sleep(Math.max(0, began + n * EVERY_MS - machineNow()));
    await source.run(`begin; update invoices set notes = '${noteOf(n)}' where number = '${WATCHED}'`);
    sent.push(machineNow());
    await source.run('commit');
  }
  return sent;
}
