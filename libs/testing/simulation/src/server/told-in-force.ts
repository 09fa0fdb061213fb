import { hasColumn, type Row } from '@millrace/kernel';
import { opsOf, translateRow, type SchemaStep } from '@millrace/schema-compat';
import type { MutationChange } from '@millrace/sync-protocol';
import { Rejected } from './rejected.js';

/** A change of an older client in words of the schema in force; one of what is not there any more is refused, by itself (I2). */
export function toldInForce(change: MutationChange, way: readonly SchemaStep[]): MutationChange {
  let told = change;
  for (const step of way) {
    for (const op of opsOf(step))
      if (op.op === 'drop-column' && op.table === told.table && hasColumn(told.set, op.column.name))
        throw new Rejected('unknown-column');
    const at = (row: Row) => ({ ...translateRow({ table: told.table, row }, [step], { whole: false })?.row });
    const { key, set, old } = told;
    told = { ...told, key: at(key), set: at(set), old: at(old) };
  }
  return told;
}
