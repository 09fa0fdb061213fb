import { migrateDomain } from '@millrace/migrations-server';
import { systemClock } from '@millrace/kernel';
import { acquireDatabase } from '@millrace/testing-harness';
import type { Bench, BenchContext } from '../core/bench.js';
import { figure, type Figure } from '../core/figure.js';
import { machineNow } from '../core/machine-clock.js';
import { median, spreadOf } from '../core/percentile.js';
import { meterProcesses } from '../core/process-meter.js';
import { startBenchStack, prepareRows } from '../support/bench-stack.js';
import { arrivalOf, watchClient } from '../support/cursor-moves.js';
import { TENANT, invoiceNumber } from '../support/invoices.js';
import { openNodeClient } from '../support/node-client.js';
import { openSource, type Source } from '../support/source.js';
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
      const ours = await measureOurs(context, rows);
      await using database = await context.own(await acquireDatabase({ serverUrl: context.postgres.url }));
      await migrateDomain({ url: database.url });
      await prepareRows(database.url, rows);
      await using source = await context.own(await openSource(database.url));
      context.say('zero-cache copies the rows');
      await using zero = await startZero(context, installed, database.url);
      const theirs = await measureTheirs(context, zero, { rows, source });
      yield* figuresOf(rows, ours, theirs);
    }
  },
};

interface Result {
  readonly hydrate: readonly number[];
  readonly visible: readonly number[];
  readonly use: Figure['use'];
}

async function measureOurs(context: BenchContext, rows: number): Promise<Result> {
  await using bench = await startBenchStack(context, { rows });
  const hydrate: number[] = [];
  const processes = { client: process.pid, server: bench.stack.pid(), Postgres: context.postgres.pid };
  const meter = meterProcesses(processes);
  for (let n = 0; n < RUNS; n++) {
    const began = machineNow();
    await using opened = await openNodeClient(context, bench);
    hydrate.push((machineNow() - began) / 1000);
    void opened;
  }
  const use = meter.stop();
  await using opened = await openNodeClient(context, bench);
  const watched = watchClient(opened.client);
  const start = await bench.headSeq();
  const sent = await update(bench.source, context.quick ? 20 : UPDATES);
  await watched.reached(start + BigInt(sent.length));
  const moves = await watched.moves();
  const visible = sent.map((at, n) => arrivalOf(moves, start + BigInt(n) + 1n) - at).slice(WARM_UP);
  return { hydrate, visible, use };
}

async function measureTheirs(
  context: BenchContext,
  zero: RunningZero,
  { rows, source }: { readonly rows: number; readonly source: Source },
): Promise<Result> {
  const hydrate: number[] = [];
  const processes = { client: zero.clientPid, server: zero.serverPid, Postgres: context.postgres.pid };
  const meter = meterProcesses(processes);
  for (let n = 0; n < RUNS; n++) {
    context.say(`Zero's client hydrates ${rows.toLocaleString('en')} rows`);
    const hydrated = zero.next('hydrated');
    zero.send({ kind: 'hydrate', cacheURL: zero.cacheUrl, tenant: TENANT.id, watched: WATCHED, fresh: `run-${n}` });
    const { began, doneAt, rows: seen } = await hydrated;
    if (seen !== rows) throw new Error(`Zero's client has ${seen} of ${rows} rows`);
    hydrate.push((doneAt - began) / 1000);
  }
  const use = meter.stop();
  const seenAt = new Map<string, number>();
  const done = Promise.withResolvers<void>();
  const updates = context.quick ? 20 : UPDATES;
  const end = zero.listen((message) => {
    if (message.kind !== 'seen' || message.notes === null) return;
    seenAt.set(message.notes, message.at);
    if (message.notes === noteOf(updates - 1)) done.resolve();
  });
  const sent = await update(source, updates);
  await done.promise;
  end();
  // A value that was overtaken by the next one before it was shown has no moment of its own: the next one's counts.
  const visible = sent.map((at, n) => firstFrom(seenAt, n, updates) - at).slice(WARM_UP);
  return { hydrate, visible, use };
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

function* figuresOf(rows: number, ours: Result, theirs: Result): Generator<Figure> {
  const count = rows.toLocaleString('en');
  yield figure({
    id: `zero-${rows}-hydrate`,
    title: `hydrate ${count} invoices, Node client in memory, beside Zero`,
    unit: 's',
    value: median(ours.hydrate),
    limit: { value: median(theirs.hydrate), of: `@rocicorp/zero ${ZERO_VERSION}, preload of the same rows, p50` },
    process: 'a client in Node in memory; its server and Postgres on the same machine',
    clock: { starts: 'the client is created: ours opens its Postgres, too', stops: 'all rows are in its store' },
    spread: spreadOf(ours.hydrate),
    use: [...ours.use, ...theirs.use.map((each) => ({ ...each, name: `Zero: ${each.name}` }))],
    series: [
      { name: 'ours', values: ours.hydrate },
      { name: 'Zero', values: theirs.hydrate },
    ],
    notes: [
      'a ratio below 1 is less time than Zero takes',
      'the server of each had the rows at hand: snapshot, or SQLite replica',
    ],
  });
  yield figure({
    id: `zero-${rows}-visible`,
    title: `commit → visible, ${count} rows held, Node client in memory, beside Zero`,
    unit: 'ms',
    value: median(ours.visible),
    limit: { value: median(theirs.visible), of: `@rocicorp/zero ${ZERO_VERSION}, the same updates, p50` },
    process: 'a client in Node in memory; its server and Postgres on the same machine',
    clock: {
      starts: 'COMMIT is sent',
      stops: 'ours: the cursor has moved past it; Zero: the view of that row is told',
    },
    spread: spreadOf(ours.visible),
    series: [
      { name: 'ours', values: ours.visible },
      { name: 'Zero', values: theirs.visible },
    ],
    notes: ['a ratio below 1 is less time than Zero takes'],
  });
}
