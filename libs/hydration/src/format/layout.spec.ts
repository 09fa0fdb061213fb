import { columnMeta } from '../fixtures/every-type.js';
import { layoutOf } from './layout.js';

const columns = [columnMeta('id', 'uuid'), columnMeta('amount', 'numeric(12,2)'), columnMeta('note', 'text')];
const layout = layoutOf({ columns });

describe('the layout of a table', () => {
  it('is that of its columns in whatever order, with whatever length and precision', () => {
    expect(layout).toMatch(/^[0-9a-f]{32}$/);
    expect(layoutOf({ columns: columns.toReversed() })).toBe(layout);
    expect(layoutOf({ columns: columns.with(1, columnMeta('amount', 'numeric(5)')) })).toBe(layout);
  });

  it.each([
    ['a column less', columns.slice(1)],
    ['a column more', [...columns, columnMeta('more', 'text')]],
    ['another name', columns.with(2, columnMeta('notes', 'text'))],
    ['another type', columns.with(0, columnMeta('id', 'text'))],
    ['an array', columns.with(2, columnMeta('note', 'text[]'))],
    ['a name that holds another column', [columns[0]!, columnMeta('amount numeric\nnote', 'text')]],
  ])('is another one with %s', (_what, others) => expect(layoutOf({ columns: others })).not.toBe(layout));

  it('counts the type of the replica: an enum is a text there', () => {
    const mood = { ...columnMeta('note', 'text'), type: 'mood' };
    expect(layoutOf({ columns: columns.with(2, mood) })).toBe(layout);
  });
});
