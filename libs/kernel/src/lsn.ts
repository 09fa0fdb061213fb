import { SyncError } from './errors.js';

/**
 * A write-ahead-log address. Always a `bigint` inside; text only at the edges.
 * Text from Postgres ("16/B374D848") does not sort as text ("9/0" > "16/0"), which is why nothing here compares strings.
 */
export type Lsn = bigint & { readonly __brand: 'Lsn' };

export const LSN_ZERO = 0n as Lsn;
const LSN_MAX = 0xffff_ffff_ffff_ffffn;
const LSN_TEXT = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;

/** Reads Postgres' `X/Y` notation, padded or not. Throws `invalid-lsn` on anything else. */
export function parseLsn(text: string): Lsn {
  const match = LSN_TEXT.exec(text);
  if (!match) throw new SyncError('invalid-lsn', `not a WAL address: ${JSON.stringify(text.slice(0, 40))}`);
  return ((BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)) as Lsn;
}

/** `%08X/%08X`: zero-padded, so that the order of the text is the order of the log (needed by `change_history.lsn`). */
export function formatLsn(lsn: Lsn): string {
  const hex = lsn.toString(16).toUpperCase().padStart(16, '0');
  return `${hex.slice(0, 8)}/${hex.slice(8)}`;
}

/** Brands a number that came from the replication protocol, where addresses are 64-bit integers. */
export function lsnFrom(value: bigint): Lsn {
  if (value < 0n || value > LSN_MAX) throw new SyncError('invalid-lsn', `WAL address out of range: ${value}`);
  return value as Lsn;
}

export function maxLsn(a: Lsn, b: Lsn): Lsn {
  return a > b ? a : b;
}
