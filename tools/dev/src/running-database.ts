import { UserError, isAlive } from '@millrace/processes';
import { dataDirAt } from './data-dir.js';
import { readDataDir } from './settings.js';
import { readRunFile } from './supervisor/run-file.js';

/**
 * The database of DATABASE_URL, else that of the running `npm start`.
 * @throws UserError if there is neither; `command`: what to type then
 */
export function runningDatabaseUrl(command: string): string {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') return given;
  const dataDir = dataDirAt(readDataDir(process.env));
  const record = readRunFile(dataDir.runFile);
  if (record?.supervisor && isAlive(record.supervisor) && record.databaseUrl !== null) return record.databaseUrl;
  throw new UserError('there is no database to connect to', {
    why: `no npm start runs on ${dataDir.root}, and DATABASE_URL is not set`,
    wayOut: ['npm start, in another terminal', `or name a database: DATABASE_URL=postgres://… ${command}`],
  });
}
