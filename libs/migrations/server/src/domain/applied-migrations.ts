import { SyncError } from '@millrace/kernel';
import type { ClientBase } from 'pg';
import type { MigrationStore } from '../store/migration-store.js';
import type { StoredMigration } from '../store/stored-migration.js';
import { addCatalogueRow, hasCatalogue, readCatalogueRows, type CatalogueRow } from './catalogue-rows.js';
import { readExecuted } from './executed-migrations.js';
import { inTransaction } from '../with-client.js';

/** How far a database has come. */
export interface AppliedMigrations {
  /** Whether it is there to be kept. */
  readonly catalogue: boolean;
  readonly rows: readonly CatalogueRow[];
  /** Names, oldest first. */
  readonly executed: readonly string[];
}

/**
 * Reads how far a database has come. One whose tables were made before there was a catalogue gets rows for what it has: clients of that version only note
 * them. `dryRun`: it gets none, and nothing else is written either.
 * @throws SyncError `database-misconfigured` if what it has is not what is stored here
 */
export async function readApplied(
  client: ClientBase,
  store: MigrationStore,
  { dryRun }: { readonly dryRun: boolean },
): Promise<AppliedMigrations> {
  const executed = await readExecuted(client);
  const catalogue = await hasCatalogue(client);
  if (!catalogue) return { catalogue, rows: [], executed };
  const found = await readCatalogueRows(client);
  const rows = found.length === 0 && !dryRun ? await addBaseline(client, { store, executed }) : found;
  refuseDivergence(rows, store);
  return { catalogue, rows, executed };
}

async function addBaseline(
  client: ClientBase,
  { store, executed }: { readonly store: MigrationStore; readonly executed: readonly string[] },
): Promise<readonly CatalogueRow[]> {
  const known = executed.flatMap((name) => store.migrations.get(name) ?? []);
  if (known.length === 0) return [];
  await inTransaction(client, async () => {
    for (const migration of known) await addCatalogueRow(client, migration, 'up');
  });
  return readCatalogueRows(client);
}

/** Going on from tables of another wording would leave this database different from every other. */
function refuseDivergence(rows: readonly CatalogueRow[], store: MigrationStore): void {
  const last = new Map(rows.map((row) => [row.name, row]));
  for (const { name, direction, checksum } of last.values()) {
    const stored = store.migrations.get(name);
    if (direction === 'down' || !stored || stored.checksum === checksum) continue;
    throw new SyncError(
      'database-misconfigured',
      `${name} was changed after it ran in this database: restore the migration as it was, then write another one, or revert it before it is changed (locally: remove the data directory)`,
    );
  }
}

/** The migrations that are still to run, oldest first. @throws SyncError `database-misconfigured` if they can't follow what is there */
export function pendingMigrations(
  store: MigrationStore,
  { rows, executed }: AppliedMigrations,
): readonly StoredMigration[] {
  const known = [...store.migrations.values()].sort((a, b) => a.timestamp - b.timestamp);
  const pending = known.filter(({ name }) => !executed.includes(name));
  const [first] = pending;
  if (!first) return [];
  const passed = known.findLast(({ name, timestamp }) => executed.includes(name) && timestamp > first.timestamp);
  if (passed) {
    refuse(
      `${first.name} is older than ${passed.name}, which this database has: give it a later timestamp and store it anew`,
    );
  }
  const stranger = executed.find((name) => !store.migrations.has(name) && rows.some((row) => row.name === name));
  if (stranger !== undefined) {
    refuse(
      `this database has ${stranger}, which is not among the migrations here: run the version of the code that has it`,
    );
  }
  const has = rows.at(-1)?.version;
  if (has !== undefined && first.previous !== null && has !== first.previous) {
    refuse(
      `${first.name} continues schema ${first.previous}, and this database is at ${has}: npm run migration:store-sql`,
    );
  }
  for (const migration of pending) requireFreshVersion(migration, { rows, executed, done: known });
  return pending;
}

interface Known {
  readonly rows: readonly CatalogueRow[];
  readonly executed: readonly string[];
  readonly done: readonly StoredMigration[];
}

function requireFreshVersion(migration: StoredMigration, { rows, done }: Known): void {
  const taken = rows.find((row) => row.migrationVersion === migration.version && row.checksum !== migration.checksum);
  if (taken) {
    refuse(
      `schema ${migration.version} meant something else in this database (${taken.name}, reverted since), and clients may still have it: npm run migration:store-sql -- ${migration.name} --skip-version`,
    );
  }
  const missing = migration.dependsOn.find(
    (name) => !done.some((other) => other.name === name && other.timestamp < migration.timestamp),
  );
  if (missing !== undefined) refuse(`${migration.name} depends on ${missing}, which is not among the migrations here`);
}

function refuse(reason: string): never {
  throw new SyncError('database-misconfigured', reason);
}
