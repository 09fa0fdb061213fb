import { must, positionFromJson, SyncError, type Position } from '@millrace/kernel';
import { findColumn, quoteIdent, quoteTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { assemblyAt } from '../core/assembly.js';
import { knownTable } from '../core/fold-changes.js';
import type { SnapshotPart } from '@millrace/hydration';
import type { ReceivedTransaction } from '../core/received-transaction.js';
import { assembleTail } from '../core/snapshot-tail.js';
import { applyTransactions, rebaseTouched } from './apply-transactions.js';
import { copyFiles, type CopyFiles } from './copy-rows.js';
import { rowJson } from './text-of.js';
import type { StoreTransaction } from './text-sql.js';
import { truncateTable } from './write-rows.js';
import { addKeys, type TouchedRows } from './take-acks.js';
import { text } from './outbox-rows.js';

/** A whole snapshot that has arrived and adds up. Local queries and writes went on while it came. */
export interface LoadedSnapshot {
  readonly tables: readonly {
    readonly table: TableMeta;
    readonly columns: readonly string[];
    readonly files: readonly Blob[];
  }[];
  readonly tail: readonly ReceivedTransaction[];
  readonly position: Position;
}

/** Receives a snapshot. Throws `snapshot-corrupt` if it is not whole or not of this schema. */
export async function receiveSnapshot(schema: SchemaMeta, parts: AsyncIterable<SnapshotPart>): Promise<LoadedSnapshot> {
  const tables: { table: TableMeta; columns: readonly string[]; files: readonly Blob[] }[] = [];
  const tail: ReceivedTransaction[] = [];
  let open: { readonly table: TableMeta; readonly columns: readonly string[]; readonly copy: CopyFiles } | null = null;
  let assembly = assemblyAt(0n);
  let position: Position | null = null;
  for await (const part of parts) {
    switch (part.kind) {
      case 'header':
        checkTables(schema, part.schemaVersion, part.tables);
        assembly = assemblyAt(positionFromJson(part.position).seq);
        break;
      case 'table':
        open = {
          table: knownTable(schema, part.name),
          columns: checkColumns(schema, part.name, part.columns),
          copy: copyFiles(),
        };
        break;
      case 'rows':
        must(open, 'rows outside a table').copy.add(part.bytes);
        break;
      case 'table-end':
        open = must(open, 'the end of no table');
        tables.push({ table: open.table, columns: open.columns, files: open.copy.finish() });
        open = null;
        break;
      case 'tail': {
        const piece = assembleTail(assembly, part.messages);
        assembly = piece.assembly;
        tail.push(...piece.transactions);
        break;
      }
      case 'end':
        position = positionFromJson(part.position);
        break;
    }
  }
  if (position === null || tables.length !== schema.tables.length)
    throw new SyncError('snapshot-corrupt', 'the snapshot ends early');
  return { tables, tail, position };
}

function checkTables(schema: SchemaMeta, version: string, names: readonly string[]): void {
  if (version !== schema.version)
    throw new SyncError(
      'schema-unknown',
      `The snapshot is of schema ${version}, this app has ${schema.version}: update it.`,
    );
  const missing = schema.tables.find((table) => !names.includes(table.name));
  if (missing) throw new SyncError('snapshot-corrupt', `the snapshot has no table ${missing.name}`);
}

function checkColumns(schema: SchemaMeta, name: string, columns: readonly string[]): readonly string[] {
  const expected = knownTable(schema, name).columns.map((column) => column.name);
  if ([...columns].sort().join('\n') !== [...expected].sort().join('\n'))
    throw new SyncError('snapshot-corrupt', `${name}: other columns than the schema's`);
  return columns;
}

/** Replaces all rows, inside the caller's transaction in replica role; what is pending is shown over the new rows [S2, A4]. The cursor is the caller's. */
export async function loadSnapshot(sql: StoreTransaction, schema: SchemaMeta, snapshot: LoadedSnapshot): Promise<void> {
  for (const { table, columns, files } of snapshot.tables) {
    await truncateTable(sql, table);
    const list = columns.map(quoteIdent).join(', ');
    for (const blob of files) {
      await sql.raw.query(
        `copy ${quoteTable(table.name)} (${list}) from '/dev/blob' with (format binary, freeze)`,
        [],
        { blob },
      );
    }
  }
  const touched = await rewriteBaseRows(sql, schema);
  await applyTransactions(sql, schema, snapshot.tail, touched.size > 0);
  await rebaseTouched(sql, schema, touched);
}

/** The snapshot's rows are the base now, also of the rows that pending changes touch. */
async function rewriteBaseRows(sql: StoreTransaction, schema: SchemaMeta): Promise<TouchedRows> {
  const touched: TouchedRows = new Map();
  for (const table of schema.tables) {
    const columns = table.columns.map((column) => column.name);
    const { rows } = await sql.query(
      `update sync.base_row b
       set row = (select ${rowJson('t', columns)} from ${quoteTable(table.name)} t where ${sameRow(table)})
       where b.table_name = $1 returning b.row_key`,
      [table.name],
    );
    if (rows.length > 0)
      addKeys(
        touched,
        table.name,
        rows.map((row) => text(row, 'row_key')),
      );
  }
  return touched;
}

/** By the key's values, so that the primary key's index finds the row. */
function sameRow(table: TableMeta): string {
  const equal = (column: string, index: number) =>
    `t.${quoteIdent(column)} = (b.row_key::jsonb ->> ${index})::${must(findColumn(table, column), `${table.name} has no column ${column}`).clientType}`;
  return table.key.map(equal).join(' and ');
}
