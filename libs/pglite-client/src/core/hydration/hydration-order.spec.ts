import { joinOrders, wholeOrder, type HydrationOrder } from './hydration-order.js';

const some = (tables: readonly string[], atLeast: bigint): HydrationOrder => ({
  cause: 'transaction-too-large',
  tables,
  atLeast,
  not: [`before ${atLeast}`],
});

describe('joinOrders', () => {
  it('of one is that one', () => expect(joinOrders(null, some(['a'], 1n))).toEqual(some(['a'], 1n)));

  it('reads the tables of both, at least as late as both', () =>
    expect(joinOrders(some(['a', 'b'], 7n), { ...some(['b', 'c'], 5n), cause: 'rewritten' })).toEqual({
      ...some(['a', 'b', 'c'], 7n),
      not: ['before 7', 'before 5'],
    }));

  it('everything holds whatever else is wanted', () => {
    expect(joinOrders(some(['a'], 7n), wholeOrder('epoch-changed'))).toEqual({
      cause: 'epoch-changed',
      tables: null,
      atLeast: 7n,
      not: ['before 7'],
    });
    expect(joinOrders(wholeOrder('epoch-changed'), some(['a'], 7n))).toMatchObject({ tables: null, atLeast: 7n });
  });
});
