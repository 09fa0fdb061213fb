import { rmSync } from 'node:fs';
import { CHILD_LADDER, endProcess, findProcessesNaming } from '@millrace/processes';

/**
 * Ends every process that was started with a path below the run's own temporary folder (databases, workerd, browsers
 * of tests that were cut short) and removes the folder.
 * @returns the programs that were still running
 */
export async function sweep(folder: string): Promise<string[]> {
  const left = findProcessesNaming(folder);
  for (const ref of left) await endProcess(ref, CHILD_LADDER);
  rmSync(folder, { recursive: true, force: true });
  return left.map(({ pid, argv }) => `${argv[0] ?? '?'} (pid ${pid})`);
}
