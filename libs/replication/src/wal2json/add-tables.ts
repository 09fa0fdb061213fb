import { tableParts } from '@millrace/schema-meta';

/** wal2json's list of tables: `schema.table`, separated by commas; what is not a plain letter, digit or underscore is escaped. */
export function addTables(tables: readonly string[]): string {
  return tables
    .map((name) => {
      const { schema, table } = tableParts(name);
      return `${escaped(schema)}.${escaped(table)}`;
    })
    .join(',');
}

/** Characters beyond ASCII mean nothing to the list, and an escape in front of one of their bytes would be as good as none. */
function escaped(name: string): string {
  return name.replace(/[^\w\u0080-\uffff]/g, '\\$&');
}
