import type { Position } from '@millrace/kernel';
import { connectPg } from '@millrace/postgres';
import type { Bench, BenchContext } from '../core/bench.js';
import { atLeast, figure, ratioOf, type Figure } from '../core/figure.js';
import { machineNow } from '../core/machine-clock.js';
import { pollUntil } from '../core/poll-until.js';
import { meterProcesses, type ProcessUse } from '../core/process-meter.js';
import { manyTransactions, oneTransaction, type Backlog } from '../support/backlog.js';
import { startBenchStack, type BenchStack } from '../support/bench-stack.js';
import { watchClient } from '../support/cursor-moves.js';
import { createSlot, decodeAlone } from '../support/decode-alone.js';
import { historyAlone, readCaptured, readHistory } from '../support/history-alone.js';
import { openNodeClient, type NodeClient } from '../support/node-client.js';
import { openReplayedClient } from '../support/replayed-client.js';

const CHANGES = 50_000;
/** Both backlogs, in changes per second; and the share of the slowest stage that the whole way has to reach. */
const FLOOR = { transactions: 5_000, rows: 6_000 } as const;
const SHARE = 0.6;

/** P3: how fast what has piled up comes through. */
export const backlogBench: Bench = {
  id: 'p3',
  title: 'a backlog of 50,000 transactions, and one of 50,000 rows → visible',
  async *run(context) {
    const changes = context.quick ? 2_000 : CHANGES;
    for (const backlog of [manyTransactions(changes), oneTransaction(changes)]) {
      await using bench = await startBenchStack(context, { rows: changes });
      yield await catchUp(context, bench, backlog);
    }
  },
};

async function catchUp(context: BenchContext, bench: BenchStack, backlog: Backlog): Promise<Figure> {
  await using opened = await openNodeClient(context, bench);
  await using replayed = await openReplayedClient(context, bench);
  await createSlot(bench, 'bench_decode');
  context.say(`nobody captures while ${backlog.title} are written`);
  await pause(bench, opened);
  await backlog.write(bench);

  const whole = await comeBack(context, bench, opened, backlog);
  context.say(`visible after ${whole.seconds.toFixed(1)} s; each stage alone`);
  const decode = await decodeAlone(bench, 'bench_decode', backlog.id === 'rows' ? 1 : backlog.changes);
  const { stored, captured } = await readStored(bench, replayed.position);
  const history = await historyAlone(context, captured);
  const apply = await replayed.replay(stored);
  return describe(backlog, whole, [
    { name: `decode (${decode.by})`, seconds: decode.seconds },
    { name: 'history insert', seconds: history },
    ...(apply === null ? [] : [{ name: 'apply in the client', seconds: apply }]),
  ]);
}

interface Stage {
  readonly name: string;
  readonly seconds: number;
}

interface Whole {
  readonly seconds: number;
  readonly use: readonly ProcessUse[];
  readonly resyncs: boolean;
}

function describe(backlog: Backlog, { seconds, use, resyncs }: Whole, stages: readonly Stage[]): Figure {
  const rate = (taken: number): number => backlog.changes / taken;
  const slowest = stages.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  const value = rate(seconds);
  const limit = { value: rate(slowest.seconds), of: `the slowest stage alone: ${slowest.name}` };
  const floor = FLOOR[backlog.id as keyof typeof FLOOR];
  return figure({
    id: `p3-${backlog.id}`,
    title: `backlog of ${backlog.title} → visible`,
    unit: 'changes/s',
    value,
    limit,
    process: 'workerd and Postgres; the client in this Node process, in memory',
    clock: {
      starts: 'workerd is started on a slot that has the backlog before it',
      stops: "the client's cursor has passed its end",
    },
    use,
    budgets: [
      atLeast(`≥ ${floor.toLocaleString('en')} changes/s`, value, floor),
      atLeast(`≥ ${SHARE * 100} % of the slowest stage alone`, ratioOf({ value, limit }), SHARE),
    ],
    notes: [
      `${seconds.toFixed(2)} s in all; workerd starts in about 0.1 s of them`,
      ...stages.map(
        (stage) => `${stage.name} alone: ${Math.round(rate(stage.seconds)).toLocaleString('en')} changes/s`,
      ),
      ...(resyncs ? ['above the size of a streamed transaction: the client has read the rows anew [D4]'] : []),
    ],
  });
}

/** Capture dies; its slot is free once Postgres has noticed. */
async function pause({ stack, source }: BenchStack, { client }: NodeClient): Promise<void> {
  client.disconnect();
  await stack.kill9();
  const isFree = async () => {
    const [busy] = await source.rows(
      `select count(*) from pg_stat_activity where datname = current_database() and application_name like 'millrace%'`,
    );
    return busy?.['count'] === '0';
  };
  await pollUntil('Postgres lets go of the killed backends', isFree, { everyMs: 50 });
}

async function comeBack(
  context: BenchContext,
  bench: BenchStack,
  { client }: NodeClient,
  { id, changes }: Backlog,
): Promise<Whole> {
  const end = (await bench.headSeq()) + BigInt(changes);
  const watched = watchClient(client);
  let resyncs = false;
  const unwatch = client.status.subscribe(({ instance }) => (resyncs ||= instance === 'snapshot-loading'));
  const meter = meterProcesses({ 'Node client': process.pid, Postgres: context.postgres.pid });
  const began = machineNow();
  await bench.stack.start();
  const profiling = await context.profiler.start(`p3-${id}`);
  const workerd = meterProcesses({ workerd: bench.stack.pid() });
  client.connect();
  await watched.reached(end);
  const seconds = (machineNow() - began) / 1000;
  unwatch();
  await profiling.stop();
  return { seconds, resyncs, use: [...workerd.stop().slice(0, 1), ...meter.stop()] };
}

async function readStored({ stack, headSeq }: BenchStack, after: Position) {
  const sql = await connectPg({ connectionString: stack.databaseUrl, applicationName: 'bench-read' });
  try {
    const upTo = { ...after, seq: await headSeq() };
    return { stored: await readHistory(sql, after, upTo), captured: await readCaptured(sql, after, upTo) };
  } finally {
    await sql.close();
  }
}
