import { schema } from '@millrace/db';
import { readStore } from '@millrace/migrations-server';
import { differingTables } from './differing-tables.js';

const [table, ...others] = schema.tables as [(typeof schema.tables)[0], ...typeof schema.tables];

describe('what migrations lead to and what entities are', () => {
  it('is the same in this workspace', () => {
    const { manifest, migrations } = readStore();
    const head = migrations.get(manifest.migrations.at(-1)?.name ?? '');
    expect(differingTables(head?.after.tables ?? [], schema.tables)).toEqual([]);
  });

  it('tells a column, a rule and a table that only one of them has', () => {
    const changed = { ...table, columns: table.columns.slice(1), read: { op: 'all' } as const };
    expect(differingTables([changed, ...others], schema.tables)).toEqual([`${table.name}: columns, read`]);
    expect(differingTables(others, schema.tables)).toEqual([`${table.name}: no migration makes it`]);
    expect(differingTables(schema.tables, others)).toEqual([
      `${table.name}: no entity has it, but the migrations make it`,
    ]);
  });
});
