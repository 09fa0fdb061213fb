import { LIMITS } from '@millrace/sync-protocol';
import { tablesToFill } from './too-large.js';

const { transactionRows, transactionChars } = LIMITS;

describe('[D4] the tables to read anew', () => {
  it.each([
    ['none where the transaction fits', [['a', transactionRows, 0]], []],
    [
      'the one that is too large',
      [
        ['a', 5, 5],
        ['b', transactionRows + 1, 0],
      ],
      ['b'],
    ],
    [
      'the largest, if the rest fits without it',
      [
        ['a', 15_000, 0],
        ['b', 12_000, 0],
        ['c', 1, 0],
      ],
      ['a'],
    ],
    [
      'as many as it takes',
      [
        ['a', 15_000, 0],
        ['b', 19_000, 0],
        ['c', 19_000, 0],
      ],
      ['b', 'c'],
    ],
    [
      'by size in characters too',
      [
        ['a', 10_000, 10],
        ['b', 1, transactionChars + 1],
      ],
      ['b'],
    ],
  ] as const)('%s', (_what, sizes, expected) => {
    expect(tablesToFill(sizes.map(([table, rows, chars]) => ({ table, rows, chars })))).toEqual(expected);
  });
});
