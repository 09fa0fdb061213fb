import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { entityOptions } from '@millrace/db/server';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { RunSql } from './sql-runner.js';

/** A Postgres in this process, and TypeORM on it: where migrations are tried. Nothing of it survives. */
export interface TrialDatabase extends AsyncDisposable {
  readonly source: DataSource;
  readonly run: RunSql;
}

/** `entities`: default those of the domain. */
export async function openTrialDatabase(entities?: DataSourceOptions['entities']): Promise<TrialDatabase> {
  const pglite = await PGlite.create();
  try {
    const database = await trialDatabaseOn(createPgConfig(pglite), entities);
    return {
      ...database,
      [Symbol.asyncDispose]: async () => {
        await database[Symbol.asyncDispose]();
        await pglite.close();
      },
    };
  } catch (error) {
    await pglite.close();
    throw error;
  }
}

/** The same on a PGlite that is somebody else's, and stays. `pgConfig`: what its `createPgConfig` makes of it. */
export async function trialDatabaseOn(
  pgConfig: object,
  entities?: DataSourceOptions['entities'],
): Promise<TrialDatabase> {
  const source = await new DataSource({
    ...entityOptions,
    ...(entities ? { entities } : {}),
    // One session: PGlite has no second one.
    poolSize: 1,
    extra: pgConfig,
  }).initialize();
  return {
    source,
    run: async <T>(sql: string, params: readonly unknown[] = []) => await source.query<T[]>(sql, [...params]),
    [Symbol.asyncDispose]: () => source.destroy(),
  };
}
