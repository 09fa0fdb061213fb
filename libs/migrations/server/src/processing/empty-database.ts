import { quoteIdent } from '@millrace/schema-meta';
import type { RunSql } from './sql-runner.js';

/** Takes everything out of a trial database. */
export async function emptyDatabase(run: RunSql): Promise<void> {
  const schemas = await run<{ name: string }>(
    `select nspname::text as name from pg_namespace where nspname !~ '^(pg_|information_schema$)'`,
  );
  for (const { name } of schemas) await run(`drop schema ${quoteIdent(name)} cascade`);
  await run('create schema public');
}
