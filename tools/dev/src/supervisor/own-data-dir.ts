import { UserError } from '@millrace/processes';
import { prepareDataDir, rotateLogs } from '../data-dir.js';
import type { DataDir } from '../data-dir.js';
import { takeInstanceLock } from './instance-lock.js';
import type { InstanceLock } from './instance-lock.js';
import { endOrphans } from './orphans.js';
import { readRunFile, removeRunFile } from './run-file.js';

/**
 * Makes this process the only one on the data directory and clears away what a killed one left.
 * @throws UserError if the directory can't be written, or another `npm start` runs on it
 */
export async function ownDataDir(dataDir: DataDir, tell: (line: string) => void): Promise<InstanceLock> {
  prepareDataDir(dataDir);
  const lock = takeInstanceLock(dataDir.lockFile);
  if (lock === null) throw alreadyRunning(dataDir);
  const ended = await endOrphans(dataDir, readRunFile(dataDir.runFile));
  if (ended.length > 0) tell(`✓ ended what an earlier run left behind: ${ended.join(', ')}`);
  removeRunFile(dataDir.runFile);
  rotateLogs(dataDir);
  return lock;
}

function alreadyRunning(dataDir: DataDir): UserError {
  const running = readRunFile(dataDir.runFile);
  const place = running === null ? 'and is still starting' : `at ${running.url}`;
  return new UserError(`Millrace already runs ${place}`, {
    why: `process ${running?.supervisor?.pid ?? '(not yet written down)'} holds the data directory ${dataDir.root}`,
    wayOut: [
      ...(running === null ? [] : [`open ${running.url}`]),
      'stop it with Ctrl-C in its terminal',
      'or run a second one beside it: PORT=8788 MILLRACE_DATA_DIR=.millrace-2 npm start',
    ],
  });
}
