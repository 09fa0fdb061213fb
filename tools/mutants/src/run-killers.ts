import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Killer } from './mutant.js';

/** How one named test ended: a mutant is killed by a test that failed, not by one that could not run. */
export type KillerResult = 'passed' | 'failed' | 'did-not-run';

interface JestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Runs one named test in a tree. */
export async function runKiller(root: string, killer: Killer, timeoutMs: number): Promise<KillerResult> {
  const report = join(root, 'killer.json');
  rmSync(report, { force: true });
  const name = killer.test.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const args = [
    '--runTestsByPath',
    killer.spec,
    '-t',
    name,
    '--json',
    '--outputFile',
    report,
    '--silent',
    '--forceExit',
  ];
  await runJest(join(root, killer.project), join(root, 'node_modules/.bin/jest'), args, timeoutMs);
  return resultOf(report, killer);
}

function runJest(cwd: string, jest: string, args: readonly string[], timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(jest, args, { cwd, stdio: 'ignore', timeout: timeoutMs });
    child.on('error', reject);
    child.on('exit', () => resolve());
  });
}

function resultOf(report: string, killer: Killer): KillerResult {
  let parsed: JestReport;
  try {
    parsed = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
  } catch {
    return 'did-not-run';
  }
  const tests = parsed.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.fullName.includes(killer.test));
  if (tests.some((test) => test.status === 'failed')) return 'failed';
  return tests.some((test) => test.status === 'passed') ? 'passed' : 'did-not-run';
}
