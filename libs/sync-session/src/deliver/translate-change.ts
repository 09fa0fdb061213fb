import { translateRow, translateTable, type SchemaStep } from '@millrace/schema-compat';
import type { RowChange } from '@millrace/sync-protocol';

/** A change in the words of another version; nothing where that has no place for it. */
export function translateChange(change: RowChange, way: readonly SchemaStep[]): readonly RowChange[] {
  if (way.length === 0) return [change];
  const table = translateTable(change.table, way);
  if (table === null) return [];
  const part = (row: Readonly<Record<string, string | null>>, whole: boolean) =>
    translateRow({ table: change.table, row }, way, { whole })?.row ?? {};
  switch (change.op) {
    case 'truncate':
      return [{ ...change, table }];
    case 'put':
      return [{ ...change, table, row: { ...part(change.row, true) } }];
    case 'remove':
      return [{ ...change, table, key: { ...part(change.key, false) } }];
    case 'patch': {
      const set = { ...part(change.set, false) };
      return Object.keys(set).length === 0 ? [] : [{ ...change, table, key: { ...part(change.key, false) }, set }];
    }
  }
}
