import fc from 'fast-check';
import { keyFromText, keyOf, keyText } from './row-identity.js';
import { rule } from './rule.js';
import type { TableMeta } from './schema-meta.js';

const table: TableMeta = {
  name: 'parts',
  entity: 'Part',
  columns: [],
  serverOnly: [],
  key: ['b', 'a'],
  versionColumn: null,
  policy: 'last-write-wins',
  read: rule.all(),
  write: null,
};

describe('the identity of a row', () => {
  it('is its key columns, in key order', () => {
    const row = { a: '1', b: '2', c: '3' };
    expect({ ...keyOf(table, row) }).toEqual({ a: '1', b: '2' });
    expect(keyText(table, row)).toBe('["2","1"]');
  });

  it('equal texts, same row; and the text can be read back', () => {
    const rows = fc.record({ a: fc.string({ unit: 'binary' }), b: fc.string({ unit: 'binary' }) });
    fc.assert(
      fc.property(rows, rows, (one, other) => {
        expect(keyText(table, one) === keyText(table, other)).toBe(one.a === other.a && one.b === other.b);
        expect({ ...keyFromText(table, keyText(table, one)) }).toEqual(one);
      }),
    );
  });

  it.each([[{ a: '1' }], [{ a: '1', b: null }], [{}]])('a row without its key is a bug: %j', (row) => {
    expect(() => keyOf(table, row)).toThrow(expect.objectContaining({ code: 'assertion-failed' }));
  });
});
