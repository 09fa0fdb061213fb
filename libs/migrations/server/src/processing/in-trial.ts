import type { RunSql } from './sql-runner.js';

/** Runs `work` and takes back whatever it does to the database. */
export async function inTrial<T>(run: RunSql, work: () => Promise<T>): Promise<T> {
  await run('begin');
  try {
    // What a value prints as depends on these; the log is read with the same.
    await run(`set local timezone = 'UTC'`);
    await run(`set local datestyle = 'ISO, YMD'`);
    await run(`set local intervalstyle = 'iso_8601'`);
    return await work();
  } finally {
    await run('rollback');
  }
}
