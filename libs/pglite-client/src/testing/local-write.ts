import type { Row } from '@millrace/kernel';

/** A local statement on one row, for stores that take no SQL. */
export type LocalWrite =
  | { readonly operation: 'insert'; readonly table: string; readonly row: Row }
  | { readonly operation: 'update'; readonly table: string; readonly key: Row; readonly set: Row }
  | { readonly operation: 'delete'; readonly table: string; readonly key: Row };
