import { errorText } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import { readCatalog } from './catalog.js';
import { emptyDatabase } from './empty-database.js';
import { inTrial } from './in-trial.js';
import type { Problems } from './problems.js';
import { createReplicaTable } from './replica-statements.js';
import type { RunSql } from './sql-runner.js';

export interface ReplicaTrial {
  readonly run: RunSql;
  readonly before: SchemaMeta;
  readonly after: SchemaMeta;
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** Tries what clients will run, on tables as clients have them: it has to lead exactly to where a new client begins, and back. */
export async function requireReplicaStatements(trial: ReplicaTrial, problems: Problems): Promise<void> {
  const { run, before, after, up, down } = trial;
  const start = await tablesOf(run, before);
  const goal = await tablesOf(run, after);
  await onReplica(run, before, async () => {
    await runAll(run, up, problems);
    requireSame(await readTables(run), goal, problems);
    await runAll(run, down, problems);
    requireSame(await readTables(run), start, problems);
  });
}

function tablesOf(run: RunSql, schema: SchemaMeta): Promise<readonly string[]> {
  return onReplica(run, schema, () => readTables(run));
}

/** In place of everything else that is in the trial database, and for this once. */
function onReplica<T>(run: RunSql, schema: SchemaMeta, work: () => Promise<T>): Promise<T> {
  return inTrial(run, async () => {
    await emptyDatabase(run);
    for (const table of schema.tables) for (const statement of createReplicaTable(table)) await run(statement);
    return work();
  });
}

async function readTables(run: RunSql): Promise<readonly string[]> {
  const { tables } = await readCatalog(run);
  return [...tables.values()]
    .flatMap(({ name, key, columns, rules }) => [
      `${name}: key ${key.join(', ')}`,
      ...[...columns.values()].map(
        (column) =>
          `${name}.${column.name}: ${column.type}${column.nullable ? '' : ' not null'}, default ${column.default}`,
      ),
      ...rules.map(({ definition }) => `${name}: ${definition}`),
    ])
    .sort();
}

async function runAll(run: RunSql, statements: readonly string[], problems: Problems): Promise<void> {
  for (const statement of statements) {
    try {
      await run(statement);
    } catch (error) {
      problems.throw(
        'replica-differs',
        statement,
        `clients can't run it: ${errorText(error)}`,
        'use types and defaults that every Postgres has',
      );
    }
  }
}

function requireSame(is: readonly string[], goal: readonly string[], problems: Problems): void {
  const missing = goal.filter((line) => !is.includes(line));
  const surplus = is.filter((line) => !goal.includes(line));
  if (missing.length + surplus.length === 0) return;
  problems.throw(
    'replica-differs',
    null,
    `tables of clients would lack: ${missing.join('; ') || 'nothing'}; and have besides: ${surplus.join('; ') || 'nothing'}`,
    'split the migration into simpler ones',
  );
}
