import { isDeepStrictEqual } from 'node:util';
import type { TableMeta } from '@millrace/schema-meta';

/** The tables that are not the same in both, a line each. */
export function differingTables(a: readonly TableMeta[], b: readonly TableMeta[]): readonly string[] {
  const names = [...new Set([...a, ...b].map(({ name }) => name))].sort();
  return names.flatMap((name) => {
    const [left, right] = [a.find((table) => table.name === name), b.find((table) => table.name === name)];
    if (!left) return [`${name}: no migration makes it`];
    if (!right) return [`${name}: no entity has it, but the migrations make it`];
    const parts = (Object.keys(right) as (keyof TableMeta)[]).filter(
      (key) => !isDeepStrictEqual(plain(left[key]), plain(right[key])),
    );
    return parts.length === 0 ? [] : [`${name}: ${parts.join(', ')}`];
  });
}

/** As it is once it has been a file: without what is undefined. */
function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
