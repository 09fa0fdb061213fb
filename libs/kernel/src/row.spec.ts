import { applyPatch, emptyRow, hasColumn } from './row.js';

describe('rows', () => {
  it('[C4] an absent column is unchanged, a null one is null', () => {
    expect({ ...applyPatch({ a: '1', b: '2' }, { b: null }) }).toEqual({ a: '1', b: null });
    expect(hasColumn({ b: null }, 'b')).toBe(true);
    expect(hasColumn({ b: null }, 'a')).toBe(false);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('X19 a column may be named %s', (name) => {
    expect(hasColumn({}, name)).toBe(false);
    const row = emptyRow();
    row[name] = 'x';
    const patched = applyPatch({}, row);
    expect(hasColumn(patched, name)).toBe(true);
    expect(patched[name]).toBe('x');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('a patch leaves the row it is made from alone', () => {
    const row = { a: '1' };
    applyPatch(row, { a: '2' });
    expect(row).toEqual({ a: '1' });
  });
});
