/** A value as Postgres prints it, or SQL NULL. Never a JS number or Date: those cannot hold what Postgres can (I10). */
export type PgText = string | null;

/** Column name → value. An absent column is *unknown or unchanged*, which is never the same as null [C4]. */
export type Row = Readonly<Record<string, PgText>>;

/**
 * A row that is being built. A plain object: workerd's RPC refuses to carry one without a prototype. Absent columns are therefore told by
 * {@link hasColumn}, never by reading: `row['constructor']` finds something on any object.
 */
export function emptyRow(): Record<string, PgText> {
  return {};
}

/** Whether the row says anything of this column. */
export function hasColumn(row: Row, column: string): boolean {
  return Object.hasOwn(row, column);
}

/** `row` with the columns of `patch` written over it. */
export function applyPatch(row: Row, patch: Row): Row {
  return { ...row, ...patch };
}
