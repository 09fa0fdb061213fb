import { SyncError, errorText } from '@millrace/kernel';
import { opsOf, schemaAfter, schemaBefore, type SchemaStep } from '@millrace/schema-compat';
import { findTable, quoteIdent, quoteTable } from '@millrace/schema-meta';
import type { ClientBase } from 'pg';
import { pgErrorOf } from '../pg-error.js';
import type { StoredMigration } from '../store/stored-migration.js';
import { addCatalogueRow } from './catalogue-rows.js';
import { addExecuted, removeExecuted } from './executed-migrations.js';
import { lockedStep, type LockedStepOptions } from './locked-step.js';
import { describeRows, rowsAgainst } from './rows-against.js';

export interface TakeStepOptions extends LockedStepOptions {
  /** Whether the database has a catalogue to write to. */
  readonly catalogue: boolean;
  /** Of capture: new synced tables join it. */
  readonly publication: string;
}

interface Step extends SchemaStep {
  readonly migration: StoredMigration;
}

/**
 * Takes one step, all or nothing, in the order that capture relies on: the row that announces it, the statements, the publication, TypeORM's list [M1].
 * @throws SyncError `migration-failed` with the number of rows that stand against it, `timeout` if its tables stay in use
 */
export async function takeStep(client: ClientBase, step: Step, options: TakeStepOptions): Promise<void> {
  const { migration, direction } = step;
  const run = async (): Promise<void> => {
    if (options.catalogue) await addCatalogueRow(client, migration, direction);
    for (const { sql, params } of direction === 'up' ? migration.serverUp : migration.serverDown) {
      await client.query(sql, params);
    }
    if (options.catalogue) await joinPublication(client, step, options.publication);
    if (direction === 'up') await addExecuted(client, migration);
    else await removeExecuted(client, migration.name);
  };
  await wanted(client, step, options, async () => {
    try {
      await lockedStep(client, migration.name, run, options);
    } catch (error) {
      throw await explained(client, step, error);
    }
  });
}

/** Says that the tables are wanted, so that whoever reads them whole lets go [S1, M1]. The wish ends with the step, however that ends. */
async function wanted(
  client: ClientBase,
  { migration }: Step,
  { catalogue }: TakeStepOptions,
  work: () => Promise<void>,
): Promise<void> {
  if (!catalogue) return work();
  const { rows } = await client.query<{ id: string }>(
    'insert into sync.migration_wanted (wanted_by) values ($1) returning id',
    [migration.name],
  );
  try {
    await work();
  } finally {
    // A wish that can't be taken back ends by itself, and what broke the session is what there is to tell.
    await client
      .query('delete from sync.migration_wanted where id = $1 or expires_at < now()', [rows[0]?.id])
      .catch(() => undefined);
  }
}

/** Tables that are synced from now on: without its whole old rows in the log, a table would lose rows that leave a scope [M5]. */
async function joinPublication(client: ClientBase, step: Step, publication: string): Promise<void> {
  const before = schemaBefore(step);
  const tables = schemaAfter(step)
    .tables.filter(({ name }) => !findTable(before, name))
    .map(({ name }) => name);
  if (tables.length === 0) return;
  const { rows } = await client.query<{ name: string; identity: string; published: boolean }>(
    `select t.name, c.relreplident::text as identity, exists (select from pg_publication_rel r where r.prpubid = p.oid and r.prrelid = c.oid) as published
    from unnest($1::text[], $2::text[]) as t (name, quoted) join pg_class c on c.oid = to_regclass(t.quoted)
    left join pg_publication p on p.pubname = $3`,
    [tables, tables.map(quoteTable), publication],
  );
  const bare = rows.find(({ identity }) => identity !== 'f' && identity !== 'i');
  if (bare) {
    throw new SyncError(
      'migration-failed',
      `${step.migration.name} leaves ${bare.name} without its whole old rows in the log [M5]: add to it: alter table ${quoteTable(bare.name)} replica identity full`,
    );
  }
  const { rows: known } = await client.query('select from pg_publication where pubname = $1 and not puballtables', [
    publication,
  ]);
  const missing = rows.filter(({ published }) => !published).map(({ name }) => quoteTable(name));
  if (known.length > 0 && missing.length > 0) {
    await client.query(`alter publication ${quoteIdent(publication)} add table ${missing.join(', ')}`);
  }
}

/** Classes of errors that are about rows: out of range, too long, null, not unique, … */
const ABOUT_ROWS = /^2[23]/;

async function explained(client: ClientBase, step: Step, error: unknown): Promise<unknown> {
  if (!ABOUT_ROWS.test(pgErrorOf(error)?.code ?? '')) return error;
  const found = await rowsAgainst(client, opsOf(step));
  const { name } = step.migration;
  const [what, advice] =
    step.direction === 'up'
      ? ['was not run', 'mend these rows, or let the migration do it before']
      : ['was not reverted', 'mend these rows first'];
  const reason = found.length > 0 ? `${describeRows(found)} (${errorText(error)})` : errorText(error);
  return new SyncError(
    'migration-failed',
    `${name} ${what}, and nothing is changed: ${reason}. What to do: ${advice}`,
    { cause: error },
  );
}
