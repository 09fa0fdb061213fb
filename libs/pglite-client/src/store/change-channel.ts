/** `schema.table`, as {@link changeChannel} takes it. */
export function plainName({ schema, table }: { readonly schema: string; readonly table: string }): string {
  return `${schema}.${table}`;
}

/**
 * SQL for the channel on which changes of a table are told: by its name, since its oid is another one after a swap; hashed, since a channel's name
 * must be short. `name` is SQL for the table's {@link plainName}. Apply tells them itself: triggers are silent in replica role [A1].
 */
export function changeChannel(name: string): string {
  return `'table_change__' || md5(${name})`;
}
