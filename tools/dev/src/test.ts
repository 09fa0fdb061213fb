import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { describeFailure, findWorkspaceRoot, sendSignal } from '@millrace/processes';
import { prepareChromium } from './test/prepare-chromium.js';
import { runNx } from './test/run-nx.js';
import type { NxOutcome } from './test/run-nx.js';
import { sweep } from './test/sweep.js';
import { exitCodeOf, lastLine, readCounts, tally } from './test/tally.js';
import type { JestCounts } from './test/tally.js';
import { startSharedTestPostgres } from './test/test-postgres.js';

interface TestArguments {
  readonly projects: string | null;
  readonly targets: readonly string[];
}

/** One run of nx after the other. Only tests leave counts; the rest may come from nx's cache. */
const STAGES = [
  { targets: ['lint', 'typecheck'], skipCache: false },
  { targets: ['test'], skipCache: true },
  { targets: ['e2e'], skipCache: true },
];

function readArguments(words: readonly string[]): TestArguments {
  const options = new Command('npm test --')
    .description('Lint, types, unit, Postgres, workerd and Chromium tests of all projects.')
    .option('-p, --projects <names>', 'only these projects, separated by commas')
    .option('-t, --targets <names>', 'only these of lint, typecheck, test, e2e', 'lint,typecheck,test,e2e')
    .parse(words, { from: 'user' })
    .opts<{ projects?: string; targets: string }>();
  return { projects: options.projects ?? null, targets: options.targets.split(',').map((target) => target.trim()) };
}

/** The children of this run; a request to stop ends them, and so the run. */
const running = new Set<ChildProcess>();
let stopping = false;

function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopping = true;
      for (const { pid } of running) if (pid !== undefined) sendSignal(-pid, 'SIGTERM');
    });
  }
}

function track(child: ChildProcess): void {
  running.add(child);
  child.once('close', () => running.delete(child));
}

async function runStages(args: TestArguments, env: NodeJS.ProcessEnv): Promise<NxOutcome[]> {
  const root = findWorkspaceRoot();
  const outcomes: NxOutcome[] = [];
  for (const stage of STAGES) {
    const targets = stage.targets.filter((target) => args.targets.includes(target));
    if (targets.length === 0 || stopping) continue;
    const { projects } = args;
    const { skipCache } = stage;
    outcomes.push(await runNx({ root, targets, projects, skipCache, env, write, onSpawn: track }));
  }
  return outcomes;
}

function write(text: string): void {
  process.stdout.write(text);
}

/** `npm test`. @returns the exit code */
async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  stopOnSignals();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  // A Postgres that runs as another user has its data below this folder: it may pass, not look.
  chmodSync(folder, 0o711);
  try {
    const { counts, outcomes } = await runTests(args, folder);
    for (const left of await sweep(folder)) line(`! still ran after the tests: ${left}`);
    for (const { project, skippedNames } of counts)
      for (const name of skippedNames) line(`skipped: ${project}: ${name}`);
    for (const task of outcomes.flatMap(({ failedTasks }) => failedTasks)) line(`failed: ${task}`);
    if (stopping) line('! stopped before the end');
    const total = tally(counts, outcomes);
    line(lastLine(total));
    return stopping ? 1 : exitCodeOf(total);
  } finally {
    await sweep(folder);
  }
}

interface TestRun {
  readonly counts: readonly JestCounts[];
  readonly outcomes: readonly NxOutcome[];
}

/** Everything a test makes goes below one folder, so that nothing it leaves can be missed. */
async function runTests(args: TestArguments, folder: string): Promise<TestRun> {
  const resultsDir = join(folder, 'results');
  const env = { ...process.env, TMPDIR: folder, MILLRACE_TEST_RESULTS_DIR: resultsDir };
  const chromium = prepareChromium(process.env, line);
  const postgres = await startSharedTestPostgres(findWorkspaceRoot(), env);
  const outcomes = await runStages(args, { ...env, ...chromium, MILLRACE_TEST_POSTGRES_URL: postgres.url });
  await postgres.stop();
  return { counts: readCounts(resultsDir), outcomes };
}

function line(text: string): void {
  write(`${text}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
process.exit();
