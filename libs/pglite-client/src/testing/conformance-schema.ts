import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';

export function column(name: string, type: string, more: Partial<ColumnMeta> = {}): ColumnMeta {
  return { name, property: name, type, clientType: type, nullable: true, default: null, setBy: 'client', ...more };
}

export function table(name: string, key: readonly string[], columns: readonly ColumnMeta[]): TableMeta {
  const versionColumn = columns.some((each) => each.name === 'version') ? 'version' : null;
  return {
    name,
    entity: name,
    columns,
    serverOnly: [],
    key,
    versionColumn,
    policy: 'last-write-wins',
    read: rule.all(),
    write: rule.all(),
  };
}

/** Two tables: one with a version kept by the server, one with a key of two columns and none. */
export const conformanceSchema: SchemaMeta = {
  version: '1.0.0',
  tables: [
    table(
      'items',
      ['id'],
      [
        column('id', 'uuid'),
        column('name', 'text'),
        column('amount', 'bigint', { default: '0' }),
        column('version', 'integer', { default: '1', setBy: 'server' }),
      ],
    ),
    table(
      'pairs',
      ['left_id', 'right "id"'],
      [column('left_id', 'integer'), column('right "id"', 'text'), column('note', 'text')],
    ),
  ],
};
