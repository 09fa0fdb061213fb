import type { PgText } from '@millrace/kernel';

/** Sets a column of a row that is being built. An assignment would lose a column that is named `__proto__`: rows are plain objects, since they travel between workers. */
export function setColumn(row: Record<string, PgText>, column: string, value: PgText): void {
  if (column !== '__proto__') row[column] = value;
  else Object.defineProperty(row, column, { value, enumerable: true, configurable: true, writable: true });
}
