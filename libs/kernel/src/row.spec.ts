import { applyPatch, emptyRow, hasColumn, type Row } from './row.js';

describe('rows', () => {
  it('[C4] an absent column is unchanged, a null one is null', () => {
    expect({ ...applyPatch({ a: '1', b: '2' }, { b: null }) }).toEqual({ a: '1', b: null });
    expect(hasColumn({ b: null }, 'b')).toBe(true);
    expect(hasColumn({ b: null }, 'a')).toBe(false);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('X19 a column may be named %s', (name) => {
    expect(hasColumn(emptyRow(), name)).toBe(false);
    const patched = applyPatch({ a: '1' }, JSON.parse(`{"${name}":"x"}`) as Row);
    expect(Object.entries(patched)).toEqual([
      ['a', '1'],
      [name, 'x'],
    ]);
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
  });

  it('is a plain object, as RPC between Durable Objects wants it', () => {
    expect(Object.getPrototypeOf(emptyRow())).toBe(Object.prototype);
  });

  it('a patch leaves the row it is made from alone', () => {
    const row = { a: '1' };
    applyPatch(row, { a: '2' });
    expect(row).toEqual({ a: '1' });
  });
});
