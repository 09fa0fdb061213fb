import { conversionSql } from './conversion-sql.js';
import { literalDefault, type SchemaOp } from '@millrace/schema-compat';

type ChangeType = Extract<SchemaOp, { op: 'change-type' }>;
const op = (more: Partial<ChangeType>): ChangeType => ({
  op: 'change-type',
  table: 'items',
  column: 'state "x"',
  from: 'text',
  to: 'integer',
  clientFrom: 'text',
  clientTo: 'integer',
  using: null,
  back: null,
  sameText: false,
  ...more,
});
const sql = (more: Partial<ChangeType>) =>
  conversionSql(op(more), (row, { name, clientType }) => `text(${row}.${name}, ${clientType})`);

describe('conversionSql', () => {
  it('casts where nothing else is said', () => {
    expect(sql({})).toContain('text(v.value, integer)');
    expect(sql({})).toContain('("state ""x""")::integer as value');
    expect(sql({})).toContain('x.value::text as "state ""x"""');
  });

  it('[A3] names types of the replica, which has no enums', () => {
    const enums = { from: 'state', to: 'state_new', clientFrom: 'text', clientTo: 'text' };
    expect(sql({ ...enums, using: 'upper("s"::text)::state_new' })).toContain(
      '(upper("s"::text)::text)::text as value',
    );
    expect(sql({ ...enums, using: 's::state::"state_new"' })).toContain('(s::text::text)::text as value');
    expect(sql({ ...enums, using: 's::state_older' })).toContain('(s::state_older)::text as value');
  });
});

describe('literalDefault', () => {
  it.each([
    [`'draft'::invoice_status`, 'draft'],
    [`'it''s'`, "it's"],
    [`''::text`, ''],
    ['0', '0'],
    ['(-1.5)', '-1.5'],
    ['7::bigint', '7'],
    ['true', 't'],
    ['FALSE', 'f'],
    ['NULL', null],
    ['now()', null],
    ['gen_random_uuid()', null],
    [null, null],
  ])('%s is %s', (expression, value) => expect(literalDefault(expression)).toBe(value));
});
