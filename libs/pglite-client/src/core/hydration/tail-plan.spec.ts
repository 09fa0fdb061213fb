import { at } from '../../testing/conformance/client-store-world.js';
import { planTail } from './tail-plan.js';

const held = (...tables: readonly (readonly [name: string, seq: number])[]) =>
  planTail(tables.map(([name, seq]) => ({ name, position: at(seq) })));

describe('planTail', () => {
  it('[S2] begins where all tables were read, if that was one moment', () =>
    expect(held(['a', 10], ['b', 10])).toEqual({ after: at(10), held: {} }));

  it('[S2] begins at the oldest table, and spares the others what they hold', () =>
    expect(held(['a', 12], ['b', 10], ['c', 15])).toEqual({ after: at(10), held: { a: '12', c: '15' } }));

  it('[S4] a table read before the cursor leaves the kept ones at their cursor', () =>
    expect(held(['filled', 5], ['kept', 9])).toEqual({ after: at(5), held: { kept: '9' } }));

  it('[S4] a table read after the cursor is spared what it holds', () =>
    expect(held(['filled', 9], ['kept', 5])).toEqual({ after: at(5), held: { filled: '9' } }));

  it('is of at least one table', () => expect(() => planTail([])).toThrow(RangeError));
});
