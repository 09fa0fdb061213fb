import { createHash } from 'node:crypto';
import { opsOf, type SchemaMigration, type SchemaOp } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import { catalogFingerprint, readCatalog, type Catalog } from './catalog.js';
import { classify, declaredKind, nextVersion } from './classification.js';
import { columnFacts } from './column-facts.js';
import { deriveOps } from './derived-ops.js';
import type { TrialDatabase } from './domain-source.js';
import { ExpressionTrial } from './expression-trial.js';
import type { MigrationSource } from './migration-source.js';
import { Problems } from './problems.js';
import { recordMigration, type RecordedStatement } from './record-migration.js';
import { replicaStatements } from './replica-statements.js';
import { requireReplicaStatements } from './replica-trial.js';
import { requireFilledColumns, requireStatements } from './required-statements.js';
import { requireTables } from './required-tables.js';

/** A migration as it is stored: what clients get of it, and what the server runs. */
export interface ProcessedMigration extends SchemaMigration {
  readonly serverUp: readonly RecordedStatement[];
  readonly serverDown: readonly RecordedStatement[];
}

export interface ProcessOptions {
  /** At the state that the migrations before it have left. */
  readonly database: TrialDatabase;
  readonly migration: MigrationSource;
  /** The schema before it; the version of one without tables before the first. */
  readonly before: SchemaMeta;
  /** The schema that it has to lead to, given what the database has then. Its version does not count. */
  readonly after: (catalog: Catalog) => SchemaMeta;
  /** The migration before it; null for the first. */
  readonly previous: string | null;
  /** Versions that were given away once and may not mean something else [M2]. */
  readonly retired?: readonly string[];
}

/**
 * Runs a migration up, down and up again on a trial database and works out everything that is to know about it. Leaves the database at its state.
 * @throws MigrationError
 */
export async function processMigration(options: ProcessOptions): Promise<ProcessedMigration> {
  const { migration, before, previous } = options;
  const problems = new Problems(migration);
  const taken = await takeBothWays(options, problems);
  const catalogAfter = taken.catalogAfter;
  const goal = options.after(catalogAfter);
  requireTables(goal, catalogAfter, problems);
  const trial = new ExpressionTrial(options.database.run, problems);
  const ops = await deriveOps({ ...taken, before, after: goal, trial, problems });
  const computed = classify(ops);
  const kind = declaredKind(computed.kind, migration.notes, problems);
  const version = nextVersion(previous === null ? null : before.version, kind, options.retired);
  const after = { ...goal, version };
  const replica = await replicaOf({ ops, before, after, database: options.database }, problems);
  const { serverUp, serverDown } = taken;
  return {
    name: migration.name,
    timestamp: migration.timestamp,
    version,
    previous: previous === null ? null : before.version,
    dependsOn: [...(migration.notes.dependsOn ?? (previous === null ? [] : [previous]))],
    kind,
    tightens: computed.tightens,
    relaxes: computed.relaxes,
    checksum: checksumOf({ serverUp, serverDown, ...replica, before, after }),
    ops: [...ops],
    ...replica,
    before,
    after,
    serverUp,
    serverDown,
  };
}

async function takeBothWays({ database: { source, run }, migration }: ProcessOptions, problems: Problems) {
  const start = await catalogFingerprint(run);
  const catalogBefore = await readCatalog(run);
  const [up, down] = [columnFacts(), columnFacts()];
  const serverUp = await recordMigration({ source, migration, direction: 'up', observe: up.observe });
  await requireStatements(serverUp, problems);
  requireFilledColumns(up.facts, catalogBefore, problems);
  const end = await catalogFingerprint(run);
  const catalogAfter = await readCatalog(run);
  const serverDown = await recordMigration({ source, migration, direction: 'down', observe: down.observe });
  await requireStatements(serverDown, problems);
  requireSame(await catalogFingerprint(run), start, { way: 'down', problems });
  await recordMigration({ source, migration, direction: 'up' });
  requireSame(await catalogFingerprint(run), end, { way: 'second up', problems });
  return { serverUp, serverDown, catalogBefore, catalogAfter, upFacts: up.facts, downFacts: down.facts };
}

function requireSame(
  is: readonly string[],
  was: readonly string[],
  { way, problems }: { readonly way: string; readonly problems: Problems },
): void {
  const gone = was.filter((line) => !is.includes(line));
  const left = is.filter((line) => !was.includes(line));
  if (gone.length + left.length === 0) return;
  const parts = [
    ...(gone.length > 0 ? [`it does not bring back: ${gone.join('; ')}`] : []),
    ...(left.length > 0 ? [`it leaves behind: ${left.join('; ')}`] : []),
  ];
  problems.throw(
    'not-inverted',
    null,
    `its ${way} leads elsewhere than to where it came from: ${parts.join('; ')}`,
    'mend its down',
  );
}

interface ReplicaWork {
  readonly ops: readonly SchemaOp[];
  readonly before: SchemaMeta;
  readonly after: SchemaMeta;
  readonly database: TrialDatabase;
}

async function replicaOf({ ops, before, after, database }: ReplicaWork, problems: Problems) {
  const clientUp = replicaStatements(ops, { before, after });
  const backOps = opsOf({ migration: { ops: [...ops] } as SchemaMigration, direction: 'down' });
  const clientDown = replicaStatements(backOps, { before: after, after: before });
  await requireReplicaStatements({ run: database.run, before, after, up: clientUp, down: clientDown }, problems);
  return { clientUp: [...clientUp], clientDown: [...clientDown] };
}

interface AllStatements {
  readonly serverUp: readonly RecordedStatement[];
  readonly serverDown: readonly RecordedStatement[];
  readonly clientUp: readonly string[];
  readonly clientDown: readonly string[];
  readonly before: SchemaMeta;
  readonly after: SchemaMeta;
}

/**
 * SHA-256 of all SQL of it and of both schemas: rules and policies are no SQL, and a database that kept an earlier version of them would grant by it for
 * ever while the code says otherwise (I8).
 */
export function checksumOf({ serverUp, serverDown, clientUp, clientDown, before, after }: AllStatements): string {
  const text = JSON.stringify([serverUp, serverDown, clientUp, clientDown, before.tables, after.tables], byName);
  return createHash('sha256').update(text).digest('hex');
}

/** Whatever order the keys of an object are in. */
function byName(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
