import { TABLE_HASH_ALGORITHM } from '@millrace/hydration';
import type { Hydration } from '../core/ports/client-store.js';
import { at } from './conformance/client-store-world.js';
import { knownTable } from '../core/fold-changes.js';
import { conformanceSchema } from './conformance-schema.js';
import { fakeTableHash } from './fake-table-hash.js';

/** No rows for any table of {@link conformanceSchema}, or another schema, at `seq`. */
export function emptyHydration(seq: number, schema = conformanceSchema): Hydration {
  return {
    tables: schema.tables.map(({ name, columns }) => ({
      name,
      format: 'binary',
      columns: columns.map((column) => column.name),
      rows: 0,
      hash: { algorithm: TABLE_HASH_ALGORITHM, count: '0', hash: '0' },
      chunks: [],
    })),
    tail: [],
    position: at(seq),
    scope: 'scope-1',
    onProgress: () => undefined,
  };
}

/** The same, with the hash that a fake store gives no rows. */
export function emptyFakeHydration(seq: number): Hydration {
  const { tables, ...rest } = emptyHydration(seq);
  return {
    ...rest,
    tables: tables.map((table) => ({ ...table, hash: fakeTableHash(knownTable(conformanceSchema, table.name), []) })),
  };
}
