import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { changeBetween, changedTables, sameShape } from './replica-change.js';

const column = (name: string, more: Partial<ColumnMeta> = {}): ColumnMeta => ({
  name,
  property: name,
  type: 'text',
  clientType: 'text',
  nullable: true,
  default: null,
  setBy: 'client',
  ...more,
});
const table = (name: string, columns: readonly ColumnMeta[]): TableMeta => ({
  name,
  entity: name,
  columns,
  serverOnly: [],
  key: ['id'],
  versionColumn: null,
  policy: 'last-write-wins',
  read: rule.all(),
  write: null,
});
const schema = (version: string, ...tables: readonly TableMeta[]): SchemaMeta => ({ version, tables });

const before = schema(
  '1.0.0',
  table('kept', [column('id')]),
  table('notes', [column('id'), column('a'), column('b')]),
  table('old', [column('id')]),
);
const after = schema(
  '2.0.0',
  table('kept', [column('id')]),
  table('notes', [column('id'), column('b', { clientType: 'integer' }), column('c', { default: "'x'::text" })]),
  table('fresh', [column('id')]),
);

describe('between two schemas of which no steps are known', () => {
  it('what has one name is one thing; the rest goes or is new, and types are cast', () => {
    expect(changeBetween(before, after).ops).toMatchObject([
      { op: 'drop-table', table: { name: 'old' } },
      { op: 'drop-column', table: 'notes', column: { name: 'a' } },
      {
        op: 'change-type',
        table: 'notes',
        column: 'b',
        clientFrom: 'text',
        clientTo: 'integer',
        using: null,
        sameText: false,
      },
      { op: 'add-column', table: 'notes', column: { name: 'c' }, value: 'x' },
      { op: 'add-table', table: { name: 'fresh' } },
    ]);
  });

  it('tells which tables are other ones on each side', () => {
    const { old, made } = changedTables({ before, after });
    expect(old.map(({ name }) => name)).toEqual(['notes', 'old']);
    expect(made.map(({ name }) => name)).toEqual(['notes', 'fresh']);
    expect(sameShape(before, after)).toBe(false);
  });

  it('rules and policies make no other tables', () => {
    const ruled = before.tables.map(
      (each): TableMeta => ({ ...each, read: rule.claim('id', 'sub'), policy: 'server-wins' }),
    );
    expect(sameShape(before, { version: '1.0.1', tables: ruled })).toBe(true);
  });
});
