import { findFreePort, findWorkspaceRoot } from '@millrace/processes';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Figure } from './core/figure.js';
import { describeMachine } from './core/machine.js';
import { noProfiler, profilerInto } from './core/profiler.js';
import { BENCHES, ON_REQUEST } from './figures/index.js';
import { htmlReport } from './report/html-report.js';
import { jsonLine } from './report/json-report.js';
import { textOf } from './report/text-report.js';
import { runBenches } from './run-benches.js';
import { readSettings } from './settings.js';
import { listenForStop } from './stop.js';

/** `npm run bench`. Exit code 1: a bench could not be finished; a missed budget is a finding and not a failure. */
async function main(): Promise<number> {
  const settings = readSettings(process.argv.slice(2), { always: BENCHES, onRequest: ON_REQUEST });
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const signal = listenForStop(say);
  const machine = describeMachine(commitOf(findWorkspaceRoot()));
  say(`${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, load ${machine.loadBefore}, Node ${machine.node}`);

  const figures: Figure[] = [];
  const failures = await runBenches({
    ...settings,
    say,
    signal,
    ...(await profiling(settings.profile)),
    onFigure: (figure) => {
      figures.push(figure);
      process.stdout.write(settings.json ? `${jsonLine(figure, machine)}\n` : `${textOf(figure)}\n\n`);
    },
  });
  if (settings.html !== null) {
    writeFileSync(
      settings.html,
      htmlReport({ figures, failures, machine, quick: settings.quick, takenAt: new Date() }),
    );
    say(`report: ${settings.html}`);
  }
  for (const { bench, message } of failures) say(`${bench} could not be finished: ${message}`);
  return failures.length === 0 ? 0 : 1;
}

async function profiling(folder: string | null) {
  if (folder === null) return { profiler: noProfiler, inspectorAddress: null };
  const inspectorAddress = `127.0.0.1:${await findFreePort()}`;
  return { profiler: profilerInto(folder, inspectorAddress), inspectorAddress };
}

/** Of the code that was measured; with a mark if files differ from it. */
function commitOf(root: string): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'no git';
  }
}

// Whatever a bench broken off has left waiting must not keep the process.
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (process.exitCode === undefined) console.error(error);
    process.exit(process.exitCode ?? 1);
  },
);
