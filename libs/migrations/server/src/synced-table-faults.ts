import { schema as compiledSchema } from '@millrace/db';
import { quoteIdent, quoteTable, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { ClientBase } from 'pg';
import { inTransaction, withClient } from './with-client.js';

export interface SyncedTablesOptions {
  readonly url: string;
  /** Default: the schema compiled from the entities. */
  readonly schema?: SchemaMeta;
}

/** Something about a table in the database that is other than sync needs it. */
export interface TableFault {
  /** As the schema calls it. */
  readonly table: string;
  /** What is wrong: `users has no column email`. */
  readonly what: string;
  /** The statement that mends it; null where the whole table is missing. */
  readonly mend: string | null;
}

/**
 * Compares the synced tables with the schema: tables, columns and their types, primary keys, replica identity. Reads only.
 * A replica identity by an index is somebody's choice for wide rows [M5], and no fault.
 */
export async function syncedTableFaults({
  url,
  schema = compiledSchema,
}: SyncedTablesOptions): Promise<readonly TableFault[]> {
  return withClient(url, async (client) => {
    const found = await inTransaction(client, () => readTables(client, schema));
    return schema.tables.flatMap((table) => faultsOf(table, found.get(table.name)));
  });
}

interface FoundTable {
  readonly name: string;
  /** `pg_class.relkind`: r for a table, p for a partitioned one. */
  readonly kind: string;
  /** `pg_class.relreplident`: f for full, i for an index, d for the primary key, n for nothing. */
  readonly identity: string;
  /** Type by column, as `format_type` prints it. */
  readonly columns: Readonly<Record<string, string>>;
  readonly keyName: string | null;
  readonly key: readonly string[];
}

async function readTables(client: ClientBase, schema: SchemaMeta): Promise<ReadonlyMap<string, FoundTable>> {
  // Types print their schema unless it is on the path; the schema's own types are those of `public`.
  await client.query('set local search_path to public');
  const names = schema.tables.map(({ name }) => name);
  const { rows } = await client.query<FoundTable>(
    `select t.name, c.relkind::text as kind, c.relreplident::text as identity,
       (select coalesce(json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)), '{}') from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       k.conname as "keyName",
       (select coalesce(json_agg(a.attname order by place), '[]') from unnest(k.conkey) with ordinality as u (attnum, place)
         join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum) as key
     from unnest($1::text[], $2::text[]) as t (name, quoted)
     join pg_class c on c.oid = to_regclass(t.quoted)
     left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'`,
    [names, names.map(quoteTable)],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

function faultsOf(table: TableMeta, found: FoundTable | undefined): TableFault[] {
  const fault = (what: string, mend: string | null): TableFault => ({
    table: table.name,
    what: `${table.name} ${what}`,
    mend,
  });
  if (found === undefined) return [fault('does not exist', null)];
  if (!['r', 'p'].includes(found.kind)) return [fault('is no table', null)];
  const alter = `alter table ${quoteTable(table.name)}`;
  return [
    ...table.columns.flatMap((column) => columnFaults(column, { found, alter, fault })),
    ...keyFaults(table, { found, alter, fault }),
    ...identityFaults({ found, alter, fault }),
  ];
}

interface Finding {
  readonly found: FoundTable;
  readonly alter: string;
  readonly fault: (what: string, mend: string) => TableFault;
}

function columnFaults({ name, type, ...column }: ColumnMeta, { found, alter, fault }: Finding): TableFault[] {
  const is = Object.hasOwn(found.columns, name) ? found.columns[name] : undefined;
  const quoted = quoteIdent(name);
  if (is === type) return [];
  if (is !== undefined) {
    const mend = `${alter} alter column ${quoted} type ${type} using ${quoted}::${type};`;
    return [fault(`has column ${name} of type ${is}, not ${type}`, mend)];
  }
  const preset = column.default === null ? '' : ` default ${column.default}`;
  const notNull = column.nullable ? '' : ' not null';
  return [fault(`has no column ${name}`, `${alter} add column ${quoted} ${type}${preset}${notNull};`)];
}

/** Rows are found by the schema's key on every replica: another key on the server would let two rows become one there. */
function keyFaults({ key }: TableMeta, { found, alter, fault }: Finding): TableFault[] {
  if (found.key.length === key.length && key.every((column, index) => found.key[index] === column)) return [];
  const add = `add primary key (${key.map(quoteIdent).join(', ')});`;
  if (found.keyName === null) return [fault('has no primary key', `${alter} ${add}`)];
  return [
    fault(
      `has the primary key (${found.key.join(', ')}), not (${key.join(', ')})`,
      `${alter} drop constraint ${quoteIdent(found.keyName)}, ${add}`,
    ),
  ];
}

/** Without the whole old row, a row that leaves somebody's scope is not seen to leave it [M5, D3]. */
function identityFaults({ found, alter, fault }: Finding): TableFault[] {
  if (found.identity === 'f' || found.identity === 'i') return [];
  const identity = found.identity === 'n' ? 'nothing' : 'default';
  return [fault(`has replica identity ${identity}, not full`, `${alter} replica identity full;`)];
}
