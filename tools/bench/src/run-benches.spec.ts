import { isAlive, refOf, spawnChild, type ProcessRef } from '@millrace/processes';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from './core/bench.js';
import { figure, type Figure } from './core/figure.js';
import { noProfiler } from './core/profiler.js';
import { runBenches } from './run-benches.js';

const measured = figure({
  id: 'x',
  title: 'x',
  unit: 'ms',
  value: 1,
  process: 'x',
  clock: { starts: 'x', stops: 'y' },
});
const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-spec-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bench = (id: string, run: Bench['run']): Bench => ({ id, title: id, run });

async function sleeper(context: BenchContext): Promise<ProcessRef> {
  const child = spawnChild({ command: ['/bin/sleep', '600'], cwd: '/', env: {}, logFile: join(folder, 'sleep.log') });
  await context.own({ [Symbol.asyncDispose]: async () => child.killGroup() });
  return child.ref;
}

function options(benches: readonly Bench[], signal = new AbortController().signal) {
  const figures: Figure[] = [];
  const run = { benches, signal, quick: true, rows: null, profiler: noProfiler, inspectorAddress: null };
  return { figures, run: { ...run, say: () => undefined, onFigure: (each: Figure) => void figures.push(each) } };
}

it('a bench that fails is named, ends what it has started, and keeps no other from running', async () => {
  let child: ProcessRef | null = null;
  const failing = bench('p1', async function* (context) {
    child = await sleeper(context);
    yield measured;
    throw new Error('no luck');
  });
  const { run, figures } = options([
    failing,
    bench('p2', async function* () {
      yield measured;
    }),
  ]);
  expect(await runBenches(run)).toEqual([{ bench: 'p1', message: 'no luck' }]);
  expect(figures).toHaveLength(2);
  expect(isAlive(child as unknown as ProcessRef)).toBe(false);
});

it('broken off in a wait that never ends, it leaves neither a process nor Postgres', async () => {
  const stopping = new AbortController();
  const left: ProcessRef[] = [];
  const endless = bench('p1', async function* (context) {
    left.push(await sleeper(context), refOf(context.postgres.pid) as ProcessRef);
    stopping.abort(new Error('stopped'));
    await new Promise(() => undefined);
    yield measured;
  });
  const { run } = options([endless], stopping.signal);
  await expect(runBenches(run)).rejects.toThrow('stopped');
  expect(left.map(isAlive)).toEqual([false, false]);
});
