import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NxOutcome } from './run-nx.js';

/** What one run of Jest left behind; see jest-count-reporter.cjs. */
export interface JestCounts {
  readonly project: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly skippedNames: readonly string[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function readCounts(folder: string): JestCounts[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as JestCounts);
}

/**
 * Adds everything up. A failed lint, types or build counts as one failure; so does a run of tests that failed without
 * a failed test to show for it, and an nx that failed without naming a task: nothing red may end up green.
 */
export function tally(counts: readonly JestCounts[], outcomes: readonly NxOutcome[]): Tally {
  const sum = (key: 'passed' | 'failed' | 'skipped'): number => counts.reduce((total, one) => total + one[key], 0);
  const red = new Set(counts.filter(({ failed }) => failed > 0).map(({ project }) => project));
  const unexplained = outcomes.flatMap(({ failedTasks }) => failedTasks).filter((id) => !isTestOf(id, red)).length;
  const unnamed = outcomes.filter(({ code, failedTasks }) => code !== 0 && failedTasks.length === 0).length;
  return { passed: sum('passed'), failed: sum('failed') + unexplained + unnamed, skipped: sum('skipped') };
}

/** @returns 0 only if something was tested and nothing failed */
export function exitCodeOf({ passed, failed }: Tally): number {
  return failed === 0 && passed > 0 ? 0 : 1;
}

export function lastLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** True if the task runs the tests of a project whose failed tests are counted already. */
function isTestOf(id: string, projects: ReadonlySet<string>): boolean {
  const [project = '', target = ''] = id.split(':');
  return (target === 'test' || target === 'e2e') && projects.has(project);
}
