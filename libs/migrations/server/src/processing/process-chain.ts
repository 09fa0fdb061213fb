import type { SchemaMeta } from '@millrace/schema-meta';
import type { MigrationStore } from '../store/migration-store.js';
import type { ManifestEntry, StoredMigration } from '../store/stored-migration.js';
import { readCatalog, type Catalog } from './catalog.js';
import type { TrialDatabase } from './domain-source.js';
import { MigrationError } from './migration-error.js';
import type { MigrationSource } from './migration-source.js';
import { Problems } from './problems.js';
import { checksumOf, processMigration, type ProcessedMigration } from './process-migration.js';
import { recordMigration } from './record-migration.js';
import { projectedSchema } from './projected-schema.js';
import { requireTables } from './required-tables.js';

export interface ChainOptions {
  /** Empty: the migrations are run on it from the first. */
  readonly database: TrialDatabase;
  /** All of them. */
  readonly sources: readonly MigrationSource[];
  readonly stored: MigrationStore;
  /** The schema of the entities: where the last one has to lead. */
  readonly head: SchemaMeta;
  /** Work out anew from this one on; those before it are taken as stored. Default: the first. */
  readonly from?: string;
}

/** Before the first migration. */
export const EMPTY_SCHEMA: SchemaMeta = { version: '0.0.0', tables: [] };

/**
 * Works out every migration, each on top of those before it, and holds the released ones to what they were.
 * @throws MigrationError
 */
export async function processChain(options: ChainOptions): Promise<MigrationStore> {
  const sources = [...options.sources].sort((a, b) => a.timestamp - b.timestamp);
  requireOrder(sources, options.stored);
  const start = options.from === undefined ? 0 : sources.findIndex(({ name }) => name === options.from);
  const done: StoredMigration[] = [];
  for (const [index, source] of sources.entries()) {
    const stored = options.stored.migrations.get(source.name);
    if (index < start && stored) {
      for (const { sql, params } of stored.serverUp) await options.database.run(sql, params);
      done.push(stored);
      continue;
    }
    const entry = entryOf(options.stored, source.name);
    if (stored && entry?.released === true) {
      await requireUnchanged(source, { stored, entry, database: options.database });
      done.push(stored);
      continue;
    }
    const isLast = index === sources.length - 1;
    done.push(mutable(await processNext(source, { ...options, isLast, before: done.at(-1) ?? null })));
  }
  return {
    manifest: {
      migrations: done.map((migration, index) =>
        manifestEntry(migration, { source: sources[index], entry: entryOf(options.stored, migration.name) }),
      ),
      retired: options.stored.manifest.retired,
    },
    migrations: new Map(done.map((migration) => [migration.name, migration])),
  };
}

interface NextOptions extends ChainOptions {
  readonly isLast: boolean;
  readonly before: StoredMigration | null;
}

async function processNext(migration: MigrationSource, options: NextOptions): Promise<ProcessedMigration> {
  const { database, isLast, head, stored } = options;
  const before = options.before?.after ?? EMPTY_SCHEMA;
  const catalogBefore = await readCatalog(database.run);
  const known = stored.migrations.get(migration.name);
  const after = (catalog: Catalog): SchemaMeta => {
    if (isLast) return head;
    if (known && fits(known.after, catalog)) return known.after;
    return projectedSchema(before, { catalogBefore, catalog, head });
  };
  const { retired } = stored.manifest;
  return processMigration({ database, migration, before, after, previous: options.before?.name ?? null, retired });
}

/** What a migration was stored with stays good as long as the tables are those: it knows rules of its time, which no entity has any more. */
function fits(schema: SchemaMeta, catalog: Catalog): boolean {
  try {
    requireTables(schema, catalog, new Problems({ name: '', file: null }));
    return true;
  } catch {
    return false;
  }
}

/** The released migrations come first, in the order that databases have them in; none without what it depends on. */
function requireOrder(sources: readonly MigrationSource[], stored: MigrationStore): void {
  const isReleased = ({ name }: MigrationSource): boolean => entryOf(stored, name)?.released === true;
  const lastReleased = sources.findLastIndex(isReleased);
  for (const [index, source] of sources.entries()) {
    const { name, file, notes } = source;
    const same = sources.find(
      (other) => other !== source && (other.name === name || other.timestamp === source.timestamp),
    );
    if (same || (index < lastReleased && !isReleased(source))) {
      throw new MigrationError({
        fault: 'out-of-order',
        migration: name,
        file,
        reason: same
          ? `${same.name} has the same name or timestamp`
          : `its timestamp is before that of ${sources[lastReleased]?.name}, which is released: databases have that one already`,
        advice: 'give it a later timestamp, in its class name and in the name of its file',
      });
    }
    const missing = notes.dependsOn?.find((wanted) => !sources.slice(0, index).some((other) => other.name === wanted));
    if (missing !== undefined) {
      throw new MigrationError({
        fault: 'missing-dependency',
        migration: name,
        file,
        reason: `it depends on ${missing}, which is not among the migrations before it`,
        advice: 'name migrations by their class, with the timestamp',
      });
    }
  }
  const lost = stored.manifest.migrations.find(
    ({ name, released }) => released && !sources.some((source) => source.name === name),
  );
  if (lost) {
    throw new MigrationError({
      fault: 'changed-after-release',
      migration: lost.name,
      reason: 'it is released and has no file any more',
      advice: 'bring the file back; what it did is taken back by a migration of its own',
    });
  }
}

interface ReleasedMigration {
  readonly stored: StoredMigration;
  readonly entry: ManifestEntry;
  readonly database: TrialDatabase;
}

/** Runs a released migration up, down and up, and holds it to what it was then. */
async function requireUnchanged(
  migration: MigrationSource,
  { stored, entry, database: { source } }: ReleasedMigration,
): Promise<void> {
  const up = await recordMigration({ source, migration, direction: 'up' });
  const down = await recordMigration({ source, migration, direction: 'down' });
  await recordMigration({ source, migration, direction: 'up' });
  const now = checksumOf({ ...stored, serverUp: up, serverDown: down });
  if (now === entry.checksum && now === checksumOf(stored)) return;
  throw new MigrationError({
    fault: 'changed-after-release',
    migration: migration.name,
    file: migration.file,
    reason: `it is released, and ${now === entry.checksum ? 'its stored SQL' : 'its SQL'} is not what it was then: databases that have it would differ from those that get it now`,
    advice: 'restore it, and write a migration of its own for the change',
  });
}

function entryOf(store: MigrationStore, name: string): ManifestEntry | undefined {
  return store.manifest.migrations.find((entry) => entry.name === name);
}

interface EntryOrigin {
  readonly source: MigrationSource | undefined;
  readonly entry: ManifestEntry | undefined;
}

function manifestEntry(migration: StoredMigration, { source, entry }: EntryOrigin): ManifestEntry {
  const { name, timestamp, version, previous, dependsOn, kind, tightens, relaxes, checksum } = migration;
  return {
    name,
    timestamp,
    version,
    previous,
    dependsOn,
    kind,
    tightens,
    relaxes,
    checksum,
    released: entry?.released ?? false,
    declared: source?.notes.declare ?? null,
    acknowledge: source?.notes.acknowledge ?? null,
  };
}

/** The decoder's type has no readonly lists. */
function mutable({ serverUp, serverDown, ...migration }: ProcessedMigration): StoredMigration {
  const copy = (list: ProcessedMigration['serverUp']) => list.map(({ sql, params }) => ({ sql, params: [...params] }));
  return { ...migration, serverUp: copy(serverUp), serverDown: copy(serverDown) };
}
