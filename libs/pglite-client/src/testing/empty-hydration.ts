import { TABLE_HASH_ALGORITHM } from '@millrace/hydration';
import type { Hydration } from '../core/ports/client-store.js';
import { at } from './conformance/client-store-world.js';
import { conformanceSchema } from './conformance-schema.js';

/** No rows for any table of {@link conformanceSchema}, at `seq`. */
export function emptyHydration(seq: number): Hydration {
  return {
    tables: conformanceSchema.tables.map(({ name, columns }) => ({
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
