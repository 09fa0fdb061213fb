/** A statement and its parameters. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly (string | null)[];
}

/** Column → value as text. Names come from this app's code, never from what somebody typed. */
export type Values = Readonly<Record<string, string | null>>;

export function insertInto(table: string, values: Values): Statement {
  const columns = Object.keys(values);
  const places = columns.map((_, index) => `$${index + 1}`);
  return {
    sql: `insert into ${table} (${columns.join(', ')}) values (${places.join(', ')})`,
    params: Object.values(values),
  };
}

/** Null if there is nothing to set: an update of no column is not SQL. */
export function updateById(table: string, id: string, values: Values): Statement | null {
  const columns = Object.keys(values);
  if (columns.length === 0) return null;
  const sets = columns.map((column, index) => `${column} = $${index + 2}`);
  return { sql: `update ${table} set ${sets.join(', ')} where id = $1`, params: [id, ...Object.values(values)] };
}

/**
 * The values that were edited here and differ from what the row holds. What another one changes meanwhile in other columns stays theirs:
 * a form that writes all its fields would put the old ones back.
 */
export function changedValues(next: Values, before: Values, edited: ReadonlySet<string>): Values {
  return Object.fromEntries(
    Object.entries(next).filter(([column, value]) => edited.has(column) && value !== before[column]),
  );
}
