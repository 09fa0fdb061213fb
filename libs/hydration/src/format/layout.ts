import { portableHash } from '@millrace/kernel';
import type { TableMeta } from '@millrace/schema-meta';

/** 128 bits are far beyond accident, and this is no signature. */
const DIGEST_CHARS = 32;

/**
 * Digest of a table's columns and of their types in the replica: binary rows say nothing of either, and are loaded unconverted only where both
 * sides have the same one. The order of columns does not count, for rows are loaded by name; nor do lengths and precisions, which do not change
 * the bytes.
 */
export function layoutOf({ columns }: Pick<TableMeta, 'columns'>): string {
  const lines = columns.map(({ name, clientType }) => `${JSON.stringify(name)} ${bareType(clientType)}`);
  return portableHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, DIGEST_CHARS);
}

/** `numeric(12,2)` → `numeric`. */
export function bareType(type: string): string {
  return type.replace(/\(\d+(,-?\d+)?\)/, '');
}
