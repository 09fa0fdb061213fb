import { SyncError, must, type Position, type Row, type SqlConnection } from '@millrace/kernel';
import {
  catalogueAt,
  schemaBefore,
  schemaMigrationSchema,
  type Catalogue,
  type SchemaStep,
} from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import { decodeValue } from '@millrace/sync-protocol';
import { MIGRATION_TABLE } from './engine-tables.js';
import { rowFromJson } from './row-json.js';

/** A step as a database recorded it. */
export interface RecordedStep extends SchemaStep {
  /** Its place in the catalogue: later ones have higher ones. */
  readonly ordinal: bigint;
  /** When its transaction began, timestamptz text. */
  readonly at: string;
}

/** Every step that a database took, as it recorded them. */
export interface RecordedCatalogue extends Catalogue {
  readonly steps: readonly RecordedStep[];
}

/**
 * Reads a row of `sync.client_migration`, from the table or out of the stream. Throws `decode-failed`: a change of the schema that cannot be read must not
 * pass for none [M1].
 */
export function schemaStepOf(row: Row): RecordedStep {
  const name = row['migration_name'] ?? 'without a name';
  const { direction, ordinal, created_at: at } = row;
  if (direction !== 'up' && direction !== 'down') throw failed(name, 'says neither up nor down');
  if (!ordinal || !/^\d{1,19}$/.test(ordinal) || !at) throw failed(name, 'has no place in the catalogue');
  return { migration: migrationOf(name, row['migration'] ?? ''), direction, ordinal: BigInt(ordinal), at };
}

function migrationOf(name: string, text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw failed(name, 'holds no migration', cause);
  }
  try {
    return decodeValue(schemaMigrationSchema, value);
  } catch (cause) {
    throw failed(name, `holds a migration that cannot be read (${cause instanceof Error ? cause.message : ''})`, cause);
  }
}

function failed(name: string, what: string, cause?: unknown): SyncError {
  const advice = 'record migrations by migration:run of the same release';
  return new SyncError('decode-failed', `${MIGRATION_TABLE}: the row ${name} ${what}; ${advice}`, { cause });
}

const CATALOGUE_SQL = /* sql */ `
  select migration_name, direction, ordinal::text as ordinal, created_at::text as created_at, migration::text as migration
  from sync.client_migration order by ordinal`;

/** The steps that the database has taken, as this transaction sees them: capture may not have read the last of them yet. `compiled`: in force where there are none. */
export async function readCatalogue(
  sql: Pick<SqlConnection, 'query'>,
  compiled: SchemaMeta,
): Promise<RecordedCatalogue> {
  const { rows } = await sql.query(CATALOGUE_SQL);
  return { compiled, steps: rows.map(schemaStepOf) };
}

const LAST_STEP_SQL = /* sql */ `
  select data ->> 'ordinal' as ordinal from sync.change_history
  where epoch = $1 and table_name = '${MIGRATION_TABLE}' order by seq desc limit 1`;

/**
 * The catalogue as far as a history has captured it: the database may be ahead. A history that has captured no step began where its version was the one
 * in force; of a version that was in force twice either time will do, since it means one schema.
 */
export async function catalogueAtHead(
  sql: Pick<SqlConnection, 'query'>,
  { compiled, steps }: RecordedCatalogue,
  { epoch, schemaVersion }: { readonly epoch: string; readonly schemaVersion: string },
): Promise<RecordedCatalogue> {
  const captured = (await sql.query(LAST_STEP_SQL, [epoch])).rows[0]?.['ordinal'];
  const count = captured
    ? steps.findLastIndex(({ ordinal }) => ordinal <= BigInt(captured)) + 1
    : catalogueAt({ compiled, steps }, schemaVersion).steps.length;
  return { compiled, steps: steps.slice(0, count) };
}

/** What {@link schemaVersionAt} runs, each by an index. */
export const VERSION_AT_SQL = {
  below: /* sql */ `
    select schema_version from sync.change_history where epoch = $1 and seq <= $2 order by seq desc limit 1`,
  firstStep: /* sql */ `
    select data::text as data from sync.change_history
    where epoch = $1 and table_name = '${MIGRATION_TABLE}' order by seq limit 1`,
  now: /* sql */ `select schema_version from sync.replication_state where epoch = $1`,
} as const;

/** The version in force right behind a position [M2]; null for one of an epoch that has ended without a trace. */
export async function schemaVersionAt(
  sql: Pick<SqlConnection, 'query'>,
  { epoch, seq }: Position,
): Promise<string | null> {
  const below = (await sql.query(VERSION_AT_SQL.below, [epoch, seq.toString()])).rows[0];
  if (below) return must(below['schema_version'], 'a history row without its schema version');
  const step = (await sql.query(VERSION_AT_SQL.firstStep, [epoch])).rows[0];
  if (step) return versionBefore(schemaStepOf(rowFromJson(must(step['data'], 'a migration row without data'))));
  const now = (await sql.query(VERSION_AT_SQL.now, [epoch])).rows[0];
  return now?.['schema_version'] ?? null;
}

/** A first step that was recorded after the fact describes what was there already. */
function versionBefore(step: SchemaStep): string {
  return step.migration.previous === null ? step.migration.version : schemaBefore(step).version;
}

/** Keeps the catalogue of one database for transactions that each have to know the schema in force as they see it. */
export class CatalogueCache {
  readonly #compiled: SchemaMeta;
  #known: RecordedCatalogue;

  constructor(compiled: SchemaMeta) {
    this.#compiled = compiled;
    this.#known = { compiled, steps: [] };
  }

  /** `latest`: the highest ordinal that this transaction sees, as text; null: there are no steps. Read anew where it is another one than is known. */
  async at(sql: Pick<SqlConnection, 'query'>, latest: string | null): Promise<RecordedCatalogue> {
    const known = this.#known.steps.at(-1)?.ordinal ?? null;
    if (known !== (latest === null ? null : BigInt(latest))) this.#known = await readCatalogue(sql, this.#compiled);
    return this.#known;
  }
}
