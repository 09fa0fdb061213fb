import type { PgText } from '@millrace/kernel';
import type { TableMeta } from '@millrace/schema-meta';
import type { SnapshotFormat } from '@millrace/sync-protocol';
import { rowFields } from '../format/copy-rows.js';

/** The key of a row of a COPY stream, as the JSON text of its columns' texts; for people and progress, not for comparing. */
export function keyTextOfRow(table: TableMeta, format: SnapshotFormat, row: Uint8Array): string {
  const fields = rowFields(row);
  const values = format === 'json' ? (JSON.parse(utf8(fields[0] ?? new Uint8Array())) as PgText[]) : null;
  const texts = table.key.map((name) => {
    const index = table.columns.findIndex((column) => column.name === name);
    return values
      ? values[index]
      : binaryText(table.columns[index]?.clientType ?? '', fields[index] ?? new Uint8Array());
  });
  return JSON.stringify(texts);
}

/** Keys are mostly numbers, uuids and texts; what else there is shows its bytes. */
function binaryText(type: string, bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type.replace(/\(.*/, '')) {
    case 'smallint':
      return view.getInt16(0).toString();
    case 'integer':
      return view.getInt32(0).toString();
    case 'bigint':
      return view.getBigInt64(0).toString();
    case 'uuid':
      return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    case 'text':
    case 'character varying':
    case 'character':
      return utf8(bytes);
    default:
      return `\\x${hex(bytes)}`;
  }
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
