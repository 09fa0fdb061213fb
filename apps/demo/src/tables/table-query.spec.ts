import { schema } from '@millrace/db';
import { quoteIdent, type TableMeta } from '@millrace/schema-meta';
import { tableQuery } from './table-query.js';

describe('tableQuery', () => {
  it.each(schema.tables.map((table) => [table.name, table] as const))(
    'names every column of %s, quoted',
    (_name, table) => {
      const sql = tableQuery(table);
      for (const column of table.columns) expect(sql).toContain(`${quoteIdent(column.name)}::text`);
    },
  );

  it('quotes what has to be', () => {
    const [first] = schema.tables;
    const odd: TableMeta = {
      ...first!,
      name: 'sales.odd "name"',
      key: ['a"b'],
      columns: [{ ...first!.columns[0]!, name: 'a"b' }],
    };
    expect(tableQuery(odd)).toContain('from "sales"."odd ""name""" order by "a""b" limit');
  });
});
