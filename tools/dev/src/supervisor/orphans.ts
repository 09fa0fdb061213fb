import { findPostmaster, POSTGRES_LADDER } from '@millrace/embedded-postgres';
import { CHILD_LADDER, endProcess, findProcesses, isAlive } from '@millrace/processes';
import type { ProcessRef, SignalStep } from '@millrace/processes';
import type { DataDir } from '../data-dir.js';
import { WORKERD_LADDER, configFileIn } from '../workerd/start-workerd.js';
import type { RunRecord } from './run-file.js';

interface Orphan {
  readonly name: string;
  readonly ref: ProcessRef;
}

const LADDERS: Readonly<Record<string, readonly SignalStep[]>> = { postgres: POSTGRES_LADDER, workerd: WORKERD_LADDER };

/**
 * Ends what a killed supervisor left running on this data directory. Only the holder of the lock may call it: then
 * whatever still runs here is an orphan.
 * @returns what was ended, for people: `workerd (pid 123)`
 */
export async function endOrphans(dataDir: DataDir, record: RunRecord | null): Promise<string[]> {
  const orphans = [...recordedOrphans(record), ...unrecordedOrphans(dataDir)];
  const distinct = orphans.filter(
    ({ ref }, index) => orphans.findIndex((other) => other.ref.pid === ref.pid) === index,
  );
  // workerd before Postgres, as in an orderly stop.
  distinct.sort((a, b) => Number(a.name === 'postgres') - Number(b.name === 'postgres'));
  for (const { name, ref } of distinct) await endProcess(ref, LADDERS[name] ?? CHILD_LADDER);
  return distinct.map(({ name, ref }) => `${name} (pid ${ref.pid})`);
}

function recordedOrphans(record: RunRecord | null): Orphan[] {
  return Object.entries(record?.children ?? {})
    .map(([name, ref]) => ({ name, ref }))
    .filter(({ ref }) => isAlive(ref));
}

/** The supervisor may have been killed between starting a child and writing it down. */
function unrecordedOrphans(dataDir: DataDir): Orphan[] {
  const postmaster = findPostmaster(dataDir.postgres);
  const workerds = findProcesses(['workerd'], configFileIn(dataDir.workerd));
  return [
    ...workerds.map((ref) => ({ name: 'workerd', ref })),
    ...(postmaster === null ? [] : [{ name: 'postgres', ref: postmaster }]),
  ];
}
