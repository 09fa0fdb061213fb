import { systemClock } from '@millrace/kernel';
import type { Bench } from '../core/bench.js';
import { atMost, figure } from '../core/figure.js';
import { machineNow } from '../core/machine-clock.js';
import { meterProcesses } from '../core/process-meter.js';
import { startBenchStack, type BenchStack } from '../support/bench-stack.js';
import { watchClient } from '../support/cursor-moves.js';
import { openNodeClient } from '../support/node-client.js';

const ROWS = 1_000;
/** The design's default for how long nobody has to be connected before the server lets go of Postgres [Z1]. */
const IDLE_AFTER_MS = 60_000;
/** Then it is looked at for so long. */
const LOOK_MS = 15_000;
const LOOK_EVERY_MS = 500;
/** What a client has not found by then counts as lost. */
const CAUGHT_UP_MS = 30_000;

/** P7: what an unused server keeps of Postgres. */
export const idleBench: Bench = {
  id: 'p7',
  title: 'no client connected: backends of ours in pg_stat_activity',
  async *run(context) {
    const idleMs = context.quick ? 3_000 : IDLE_AFTER_MS + 10_000;
    await using bench = await startBenchStack(context, { rows: ROWS });
    const first = await openNodeClient(context, bench);
    await first[Symbol.asyncDispose]();
    context.say(`nobody is connected; waiting ${idleMs / 1000} s`);
    await systemClock.sleep(idleMs, context.signal);

    const meter = meterProcesses({ workerd: bench.stack.pid(), Postgres: context.postgres.pid });
    const seen = await lookAtBackends(bench, context.quick ? 2_000 : LOOK_MS);
    const use = meter.stop();
    const { lost, seconds } = await comeBack(context, bench);
    yield figure({
      id: 'p7-backends',
      title: 'backends of ours while nobody is connected',
      unit: 'backends',
      value: seen.most,
      process: 'Postgres, asked by this Node process every half second',
      clock: { starts: `${idleMs / 1000} s after the last client has left`, stops: `${LOOK_MS / 1000} s later` },
      use,
      budgets: [atMost('no backend between wake-ups', seen.most, 0), atMost('no change lost', lost, 0)],
      notes: [
        seen.names.length === 0 ? 'none was seen' : `they are: ${seen.names.join(', ')}`,
        `changes committed meanwhile that a client did not find afterwards: ${lost}`,
        `it had its rows ${seconds.ready.toFixed(2)} s after it called the sleeping server, and those changes after ${seconds.there.toFixed(2)} s`,
      ],
    });
  },
};

async function lookAtBackends(
  { source }: BenchStack,
  forMs: number,
): Promise<{ readonly most: number; readonly names: readonly string[] }> {
  const names = new Set<string>();
  let most = 0;
  for (const end = performance.now() + forMs; performance.now() < end; ) {
    const rows = await source.rows(
      `select application_name || ' (' || backend_type || ')' as name from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and application_name like 'millrace%'`,
    );
    most = Math.max(most, rows.length);
    rows.forEach(({ name }) => names.add(name ?? ''));
    await systemClock.sleep(LOOK_EVERY_MS);
  }
  return { most, names: [...names].sort() };
}

/** Written while nobody is there; then somebody comes, and has the rows of before at once and the rest as soon as it is captured. */
async function comeBack(
  context: Parameters<Bench['run']>[0],
  bench: BenchStack,
): Promise<{ readonly lost: number; readonly seconds: { readonly ready: number; readonly there: number } }> {
  await bench.source.run(`update invoices set notes = 'while asleep' where amount_cents % 2 = 0`);
  const [there] = await bench.source.rows(`select count(*) from invoices where notes = 'while asleep'`);
  const end = (await bench.headSeq()) + BigInt(there?.['count'] ?? 0);
  await using opened = await openNodeClient(context, bench);
  const readyAt = machineNow();
  await Promise.race([watchClient(opened.client).reached(end), systemClock.sleep(CAUGHT_UP_MS, context.signal)]);
  const ready = opened.seconds.hydrate;
  const here = await opened.client.db.query<{ count: string }>(
    `select count(*) from invoices where notes = 'while asleep'`,
    [],
    { text: true },
  );
  return {
    lost: Number(there?.['count']) - Number(here.rows[0]?.count),
    seconds: { ready, there: ready + (machineNow() - readyAt) / 1000 },
  };
}
