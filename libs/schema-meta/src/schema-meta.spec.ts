import fc from 'fast-check';
import {
  findColumn,
  findTable,
  quoteIdent,
  quoteLiteral,
  quoteTable,
  tableName,
  tableParts,
  type SchemaMeta,
  type TableMeta,
} from './schema-meta.js';
import { rule } from './rule.js';

const table: TableMeta = {
  name: 'notes',
  entity: 'Note',
  columns: [
    { name: 'id', property: 'id', type: 'uuid', clientType: 'uuid', nullable: false, default: null, setBy: 'client' },
  ],
  serverOnly: ['secret'],
  key: ['id'],
  versionColumn: null,
  policy: 'last-write-wins',
  read: rule.all(),
  write: null,
};
const schema: SchemaMeta = { version: '1.0.0', tables: [table, { ...table, name: 'billing.notes' }] };

describe('SchemaMeta', () => {
  it('finds tables and columns by their exact name', () => {
    expect(findTable(schema, 'notes')).toBe(table);
    expect(findTable(schema, 'billing.notes')?.name).toBe('billing.notes');
    expect(findColumn(table, 'id')?.type).toBe('uuid');
  });

  it.each(['Notes', 'public.notes', '"notes"', 'notes ', '', '__proto__', 'constructor', 'secret'])(
    'X1 does not find %j',
    (name) => {
      expect(findTable(schema, name)).toBeUndefined();
      expect(findColumn(table, name)).toBeUndefined();
    },
  );

  it('is a plain value: it survives JSON', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

describe('names in SQL', () => {
  it.each([
    ['notes', { schema: 'public', table: 'notes' }, '"public"."notes"'],
    ['billing.notes', { schema: 'billing', table: 'notes' }, '"billing"."notes"'],
    ['we"ird', { schema: 'public', table: 'we"ird' }, '"public"."we""ird"'],
  ])('%s', (name, parts, quoted) => {
    expect(tableParts(name)).toEqual(parts);
    expect(tableName(parts.schema, parts.table)).toBe(name);
    expect(quoteTable(name)).toBe(quoted);
  });

  it('a quoted text ends where its quotes end, whatever is in it', () => {
    const unquote = (text: string, quote: string) => text.slice(1, -1).replaceAll(quote + quote, quote);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(unquote(quoteIdent(text), '"')).toBe(text);
        expect(unquote(quoteLiteral(text), `'`)).toBe(text);
        expect(quoteIdent(text).slice(1, -1).replaceAll('""', '')).not.toContain('"');
        expect(quoteLiteral(text).slice(1, -1).replaceAll(`''`, '')).not.toContain(`'`);
      }),
    );
  });
});

describe('rule', () => {
  it('builds plain values', () => {
    expect(
      rule.and(
        rule.claim('tenant_id', 'tenantId'),
        rule.not(rule.or(rule.value('status', 'void'), rule.hasClaim('role', 'guest'))),
      ),
    ).toEqual({
      op: 'and',
      rules: [
        { op: 'claim', column: 'tenant_id', claim: 'tenantId' },
        {
          op: 'not',
          rule: {
            op: 'or',
            rules: [
              { op: 'value', column: 'status', value: 'void' },
              { op: 'has-claim', claim: 'role', value: 'guest' },
            ],
          },
        },
      ],
    });
  });
});
