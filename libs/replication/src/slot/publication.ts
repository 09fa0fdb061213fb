import { ENGINE_TABLES, findEngineTable } from '@millrace/change-history';
import { SqlError, SyncError, type SqlConnection } from '@millrace/kernel';
import { findTable, quoteIdent, quoteTable, tableName, type SchemaMeta } from '@millrace/schema-meta';
import { catalogSignatures } from '../column-signature.js';
import type { ConfirmedStore } from '../confirmed-store.js';
import { requestFill } from '../fill-request.js';

export interface PublicationOptions {
  readonly publication: string;
  readonly schema: SchemaMeta;
}

/** How the publication stands to what has to be captured [C1]. */
export interface PublicationFacts {
  readonly exists: boolean;
  /** Captured tables that it does not hold. */
  readonly missing: readonly string[];
  /**
   * How it holds each of the others, as one text. Another text than before means that the table was out of it meanwhile, or held with a filter: what
   * was written to it then is in no stream.
   */
  readonly memberships: ReadonlyMap<string, string>;
  /** Why it leaves changes out even now; null: it does not. */
  readonly leavesOut: string | null;
}

export async function readPublication(
  sql: SqlConnection,
  { publication, schema }: PublicationOptions,
): Promise<PublicationFacts> {
  const wanted = [...schema.tables.map((table) => table.name), ...ENGINE_TABLES.map((table) => table.name)];
  const { rows } = await sql.query(HELD_SQL, [publication]);
  const held = new Map(rows.map((row) => [tableName(row['schemaname'] as string, row['tablename'] as string), row]));
  const known = await sql.query(
    'select (pubinsert and pubupdate and pubdelete and pubtruncate)::text as whole from pg_publication where pubname = $1',
    [publication],
  );
  const filtered = wanted.filter((table) => held.get(table)?.['filtered'] === 'true');
  return {
    exists: known.rows.length > 0,
    missing: wanted.filter((table) => !held.has(table)),
    memberships: new Map(
      wanted.flatMap((table) => {
        const row = held.get(table);
        return row ? [[table, row['membership'] as string] as const] : [];
      }),
    ),
    leavesOut:
      known.rows[0]?.['whole'] === 'false'
        ? 'it does not publish insert, update, delete and truncate'
        : filtered.length > 0
          ? `it filters the rows of ${filtered.join(', ')}`
          : null,
  };
}

/**
 * The catalog's rows as JSON, since columns were added to them over the versions. A table that has left and come back has another row, and a row
 * that was altered and altered back another xmin.
 */
const HELD_SQL = /* sql */ `
  select t.schemaname, t.tablename, (to_jsonb(r) ->> 'prqual' is not null)::text as filtered,
    jsonb_build_array(c.oid, p.xmin::text, to_jsonb(p), r.xmin::text, to_jsonb(r))::text as membership
  from pg_publication_tables t
  join pg_publication p on p.pubname = t.pubname
  join pg_namespace n on n.nspname = t.schemaname
  join pg_class c on c.relnamespace = n.oid and c.relname = t.tablename
  left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = c.oid
  where t.pubname = $1`;

/** Captured tables that are in the publication and were not, or not wholly, for some time since they were last looked at. */
export function rejoined(now: PublicationFacts, before: ReadonlyMap<string, string> | null): readonly string[] {
  if (!before) return [];
  return [...now.memberships].flatMap(([table, text]) => (before.get(table) === text ? [] : [table]));
}

/** Whether acks are missing in the stream: no fill brings them back. */
export function lacksEngineTables(tables: readonly string[]): boolean {
  return tables.some((table) => findEngineTable(table) !== undefined);
}

/**
 * Makes sure that the publication exists and holds all captured tables, for a slot that is yet to be made: one that has decoded WAL from before
 * its publication answers "publication does not exist" for ever.
 */
export async function completePublication(sql: SqlConnection, options: PublicationOptions): Promise<void> {
  const { exists, missing } = await readPublication(sql, options);
  const name = quoteIdent(options.publication);
  if (!exists)
    await change(
      sql,
      `create publication ${name} for table ${list(missing)} with (publish_via_partition_root = true)`,
      missing,
    );
  else if (missing.length > 0) await change(sql, `alter publication ${name} add table ${list(missing)}`, missing);
}

export interface LateTables {
  /** Not in the publication. */
  readonly missing: readonly string[];
  /** In it, but see {@link rejoined}. */
  readonly back: readonly string[];
}

/**
 * Adds synced tables to a publication that is being read; returns how it holds all of them from there on. What was written to them before is not in the stream, so a fill of them is asked for in the
 * same transaction [M4]. The lock waits for transactions that have written to them: one that commits later would be in neither.
 */
export async function addLateTables(
  sql: SqlConnection,
  options: PublicationOptions,
  { missing, back }: LateTables,
): Promise<ReadonlyMap<string, string>> {
  const tables = [...missing, ...back];
  return sql.transaction(async (tx) => {
    await change(tx, `lock table ${list(tables)} in share mode`, tables);
    if (missing.length > 0)
      await change(tx, `alter publication ${quoteIdent(options.publication)} add table ${list(missing)}`, missing);
    const signatures = await catalogSignatures(tx, options.schema);
    const late = tables.map((name) => ({ name, signature: signatures.get(name) ?? null }));
    await requestFill(tx, { cause: 'late-table', tables: late });
    return (await readPublication(tx, options)).memberships;
  });
}

/**
 * Tables that a captured migration has brought are known from its place in the stream on: what was written to them before is its own affair, see
 * {@link fillsOfStep}. One that is not in the publication by now stays unknown, and is taken in late.
 */
export async function rememberJoined(
  sql: SqlConnection,
  options: Pick<PublicationOptions, 'publication'> & { readonly store: ConfirmedStore },
  schemas: readonly SchemaMeta[],
): Promise<void> {
  const [schema, ...former] = schemas.toReversed();
  const joined = schema?.tables.filter(({ name }) => former.some((before) => !findTable(before, name))) ?? [];
  if (!schema || joined.length === 0) return;
  const { memberships } = await readPublication(sql, { ...options, schema: { ...schema, tables: joined } });
  const known = (await options.store.loadMemberships()) ?? new Map<string, string>();
  const names = new Set(joined.map(({ name }) => name));
  const theirs = [...memberships].filter(([table]) => names.has(table));
  await options.store.saveMemberships(new Map([...known, ...theirs]));
}

function list(tables: readonly string[]): string {
  return tables.map(quoteTable).join(', ');
}

async function change(sql: SqlConnection, statement: string, tables: readonly string[]): Promise<void> {
  try {
    await sql.query(statement);
  } catch (error) {
    // 55P03: a writer holds one of them for long. It lets go some day.
    if (!(error instanceof SqlError) || error.code === '55P03') throw error;
    throw new SyncError(
      'database-misconfigured',
      `these tables cannot be published: ${tables.join(', ')} (${error.message}); run the migrations, or as their owner: ${statement}`,
      {
        cause: error,
      },
    );
  }
}
