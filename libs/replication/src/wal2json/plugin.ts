import { ENGINE_TABLES } from '@millrace/change-history';
import { SqlError, SyncError, type SqlConnection } from '@millrace/kernel';
import { quoteTable } from '@millrace/schema-meta';
import { LIMITS } from '@millrace/sync-protocol';
import { FILL_PREFIX } from '../fill-request.js';
import type { OutputPlugin, OutputPluginOptions } from '../output-plugin.js';
import { slotError } from '../slot/slot-facts.js';
import { addTables } from './add-tables.js';
import { createWal2jsonDecoder } from './decoder.js';

/** As JSON a line break, a quote or a backslash is two bytes instead of one. */
const MESSAGE_BYTES = LIMITS.rowChars * 4 + 1024 * 1024;

/** What every version prints: one JSON object a message, types left out [C2]. */
const OPTIONS: Readonly<Record<string, string>> = {
  'format-version': '2',
  'include-types': '0',
  'include-xids': '1',
  'include-timestamp': '1',
  'include-lsn': '1',
  // Other programs' messages are nobody's business here, and can be large.
  'add-msg-prefixes': FILL_PREFIX,
};

/** From 2.6 on: numbers as strings, and so NaN and ±Infinity too, which are null before (the declared limit of [C2]). */
const EXACT_NUMBERS: Readonly<Record<string, string>> = { 'numeric-data-types-as-string': '1' };

/** @throws SyncError database-misconfigured for a table that this plug-in cannot name */
export async function openWal2json(sql: SqlConnection, options: OutputPluginOptions): Promise<OutputPlugin> {
  const tables = capturedNames(options.tables);
  await refusePartitioned(sql, tables);
  const common = { ...OPTIONS, 'add-tables': addTables(tables) };
  return {
    options: (await knows(sql, options.slot, EXACT_NUMBERS)) ? { ...common, ...EXACT_NUMBERS } : common,
    output: 'text',
    messageBytes: MESSAGE_BYTES,
    newDecoder: () => createWal2jsonDecoder({ ...options, schema: options.inForce.schema }),
  };
}

/** The same tables as the publication [C1]. */
function capturedNames(tables: ReadonlySet<string>): readonly string[] {
  return [...tables, ...ENGINE_TABLES.map(({ name }) => name)];
}

/** It names the partition that a row is in, and no list of tables can hold partitions that are made tomorrow: their changes would be lost in silence. */
async function refusePartitioned(sql: SqlConnection, tables: readonly string[]): Promise<void> {
  const { rows } = await sql.query(
    `select t.name from unnest($1::text[], $2::text[]) as t (name, quoted) join pg_class c on c.oid = to_regclass(t.quoted)
     where c.relkind = 'p' order by t.name`,
    [tables, tables.map(quoteTable)],
  );
  if (rows.length === 0) return;
  const names = rows.map((row) => row['name']).join(', ');
  throw new SyncError(
    'database-misconfigured',
    `wal2json cannot capture partitioned tables (${names}): use the decoder pgoutput`,
  );
}

/** Asks by a peek that ends at once: a plug-in refuses an option that it does not know before it reads anything. */
async function knows(sql: SqlConnection, slot: string, option: Readonly<Record<string, string>>): Promise<boolean> {
  const asked = Object.entries({ 'format-version': '2', ...option }).flat();
  try {
    await sql.query(`select 1 from pg_logical_slot_peek_changes($1, '0/1', 1, variadic $2::text[])`, [slot, asked]);
    return true;
  } catch (error) {
    if (error instanceof SqlError && /option .* is unknown/.test(error.message)) return false;
    throw slotError(error, slot);
  }
}
