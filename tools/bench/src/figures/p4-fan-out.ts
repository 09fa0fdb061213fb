import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { schema } from '@millrace/db';
import { systemClock, type PositionJson } from '@millrace/kernel';
import type { Bench, BenchContext } from '../core/bench.js';
import { atMost, figure, type Figure } from '../core/figure.js';
import { machineNow } from '../core/machine-clock.js';
import { median, percentile, spreadOf } from '../core/percentile.js';
import { meterProcesses, type ProcessUse } from '../core/process-meter.js';
import { residentBytes } from '../core/process-table.js';
import { startBareWorker } from '../support/bare-worker.js';
import { startBenchStack, type BenchStack } from '../support/bench-stack.js';
import { invoiceNumber } from '../support/invoices.js';
import type { CrowdOrder, CrowdReport } from './fan-out/crowd-api.js';

const CLIENTS = 500;
const UPDATES = 20;
const EVERY_MS = 2_000;
const ROWS = 1_000;

/** P4: one update that everybody sees. */
export const fanOutBench: Bench = {
  id: 'p4',
  title: 'one update → 500 clients, and the memory that they cost',
  async *run(context) {
    const clients = context.quick ? 20 : CLIENTS;
    const updates = context.quick ? 3 : UPDATES;
    await using bench = await startBenchStack(context, { rows: ROWS });
    await using crowd = await gatherCrowd(context, bench, clients);
    const memory = crowd.memory;
    context.say(`${updates} updates`);
    const measured = await measure(context, bench, { crowd, updates });
    const limit = await rpcAlone(context, clients, measured.charsEach);
    yield latencyFigure(clients, measured, limit);
    yield memoryFigure(clients, memory);
  },
};

interface Crowd extends AsyncDisposable {
  readonly pid: number;
  readonly memory: { readonly before: number; readonly after: number };
  /** When everybody had received the commit at this seq. */
  received(seq: bigint): Promise<Extract<CrowdReport, { kind: 'all' }>>;
}

async function gatherCrowd(context: BenchContext, { stack }: BenchStack, count: number): Promise<Crowd> {
  const child = fork(fileURLToPath(new URL('./fan-out/crowd.ts', import.meta.url)), { stdio: ['ignore', 2, 2, 'ipc'] });
  await context.own({ [Symbol.asyncDispose]: async () => void child.kill('SIGKILL') });
  const waiting = new Map<string, (report: CrowdReport) => void>();
  const early = new Map<string, CrowdReport>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // told to whoever waits at that moment
  const keyOf = (report: CrowdReport): string => (report.kind === 'all' ? report.seq : report.kind);
  child.on('message', (report: CrowdReport) => {
    if (report.kind === 'failed') return failed.reject(new Error(report.message));
    const waiter = waiting.get(keyOf(report));
    if (waiter) waiter(report);
    else early.set(keyOf(report), report);
  });
  child.on('exit', (code) => failed.reject(new Error(`the crowd's process ended with ${code}`)));
  const told = (key: string): Promise<CrowdReport> => {
    const report = early.get(key);
    if (report) return Promise.resolve(report);
    return Promise.race([new Promise<CrowdReport>((resolve) => waiting.set(key, resolve)), failed.promise]);
  };

  const before = residentBytes(stack.pid());
  context.say(`${count} clients register and connect`);
  const position = await headOf(stack);
  const { url, jwtSecret } = stack;
  child.send({ url, jwtSecret, count, position, schemaVersion: schema.version } satisfies CrowdOrder);
  await told('ready');
  return {
    pid: child.pid ?? 0,
    memory: { before, after: residentBytes(stack.pid()) },
    received: async (seq) => (await told(seq.toString())) as Extract<CrowdReport, { kind: 'all' }>,
    [Symbol.asyncDispose]: async () => void child.kill('SIGKILL'),
  };
}

interface Measured {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly charsEach: number;
  readonly chars: number;
  readonly use: readonly ProcessUse[];
}

async function measure(
  context: BenchContext,
  { stack, source, headSeq }: BenchStack,
  { crowd, updates }: { readonly crowd: Crowd; readonly updates: number },
): Promise<Measured> {
  const start = await headSeq();
  const first: number[] = [];
  const last: number[] = [];
  let chars = 0;
  let clients = 1;
  const profiling = await context.profiler.start('p4');
  const meter = meterProcesses({ workerd: stack.pid(), Postgres: context.postgres.pid, 'the clients': crowd.pid });
  for (let n = 0; n < updates; n++) {
    await source.run(`begin; update invoices set notes = 'update ${n}' where number = '${invoiceNumber(500)}'`);
    const sentAt = machineNow();
    await source.run('commit');
    const all = await crowd.received(start + BigInt(n) + 1n);
    first.push(Math.min(...all.arrivals) - sentAt);
    last.push(Math.max(...all.arrivals) - sentAt);
    clients = all.arrivals.length;
    chars = all.chars;
    await systemClock.sleep(Math.max(0, EVERY_MS - (machineNow() - sentAt)), context.signal);
  }
  const use = meter.stop();
  await profiling.stop();
  return { first, last, chars, charsEach: Math.round(chars / updates / clients), use };
}

/** The same number of calls from one object to others, with as much text each, and nothing else; the first round makes the objects. */
async function rpcAlone(context: BenchContext, clients: number, chars: number): Promise<readonly number[]> {
  await using bare = await startBareWorker(context);
  await bare.time(`/fan?count=${clients}&chars=${chars}`);
  const rounds: number[] = [];
  for (let n = 0; n < 10; n++) rounds.push(await bare.time(`/fan?count=${clients}&chars=${chars}`));
  return rounds;
}

function latencyFigure(clients: number, { first, last, chars, use }: Measured, rpc: readonly number[]): Figure {
  const spread = spreadOf(last);
  return figure({
    id: 'p4-last',
    title: `one update → the last of ${clients} clients has it`,
    unit: 'ms',
    value: spread.p50,
    limit: { value: median(rpc), of: `${clients} calls between Durable Objects with as much text, alone, p50` },
    process: 'workerd; the clients are sockets of one other process, the clock is read there',
    clock: { starts: 'COMMIT is sent', stops: 'the last client has the frame `commit` of it' },
    spread,
    use,
    bytes: { 'frames to all clients': chars },
    series: [
      { name: 'last client', values: last },
      { name: 'first client', values: first },
      { name: 'calls alone', values: rpc },
    ],
    budgets: [atMost('p50 ≤ 400 ms', spread.p50, 400)],
    notes: [`the first client has it after ${percentile(first, 0.5).toFixed(0)} ms (p50)`],
  });
}

function memoryFigure(clients: number, { before, after }: Crowd['memory']): Figure {
  const each = (after - before) / clients / 1e6;
  return figure({
    id: 'p4-memory',
    title: 'server memory of a connected client',
    unit: 'MB',
    value: each,
    process: 'workerd, resident memory',
    clock: { starts: 'before the first client', stops: `when ${clients} are connected` },
    budgets: [atMost('≤ 0.4 MB', each, 0.4)],
    notes: [`workerd has ${(before / 1e6).toFixed(0)} MB before and ${(after / 1e6).toFixed(0)} MB after`],
  });
}

async function headOf({ url, adminToken }: BenchStack['stack']): Promise<PositionJson> {
  const headers = { authorization: `Bearer ${adminToken}` };
  const response = await fetch(`${url}/api/admin/wake`, { method: 'POST', headers });
  return (await response.json()) as PositionJson;
}
