import { errorText } from '@millrace/kernel';
import { Violation } from './checks/checks.js';
import { addCounts } from './fault-log.js';
import type { Sabotage } from './sabotage.js';
import { play } from './scenario.js';
import { World } from './world.js';

export interface SimulationOptions {
  /** How many seeds, each a run of its own. */
  readonly seeds: number;
  /** The first seed (default 1). */
  readonly from?: number;
  /** Called after each run. */
  readonly onRun?: (progress: { readonly seed: number; readonly failed: boolean }) => void;
  /** Ends after so many failures (default 3). */
  readonly maxFailures?: number;
  /** A deliberate breakage that the checks must find. */
  readonly sabotage?: Sabotage;
}

export interface SimulationFailure {
  /** The whole run: the same seed fails the same way. */
  readonly seed: number;
  readonly violation: string;
  /** What happened, in order. */
  readonly trace: readonly string[];
}

export interface SimulationReport {
  readonly runs: number;
  readonly operations: number;
  readonly mutations: number;
  readonly transactions: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly resyncs: Readonly<Record<string, number>>;
  readonly fills: Readonly<Record<string, number>>;
  readonly failures: readonly SimulationFailure[];
}

/** Plays seed after seed. Deterministic: a seed is its whole run. */
export async function runSimulation(options: SimulationOptions): Promise<SimulationReport> {
  const { seeds, from = 1, onRun, maxFailures = 3, sabotage } = options;
  const faults = new Map<string, number>();
  const resyncs = new Map<string, number>();
  const fills = new Map<string, number>();
  const failures: SimulationFailure[] = [];
  let runs = 0;
  let operations = 0;
  let mutations = 0;
  let transactions = 0;
  for (let seed = from; seed < from + seeds && failures.length < maxFailures; seed++) {
    const world = new World({ seed, sabotage });
    const failure = await playOnce(world, (count) => (operations += count));
    if (failure) failures.push({ seed, violation: failure, trace: world.trace });
    runs += 1;
    mutations += world.postgres.mutations.size;
    transactions += Number(world.postgres.insertLsn);
    addCounts(faults, world.faults.counts);
    addCounts(resyncs, world.resyncs);
    addCounts(fills, world.fills);
    onRun?.({ seed, failed: failure !== null });
  }
  return {
    runs,
    operations,
    mutations,
    transactions,
    faults: sorted(faults),
    resyncs: sorted(resyncs),
    fills: sorted(fills),
    failures,
  };
}

async function playOnce(world: World, count: (operations: number) => void): Promise<string | null> {
  try {
    count(await play(world));
    return null;
  } catch (error) {
    return error instanceof Violation
      ? error.message
      : `the simulation broke: ${error instanceof Error ? error.stack : errorText(error)}`;
  }
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
