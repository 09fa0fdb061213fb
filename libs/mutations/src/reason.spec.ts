import { MUTATION_LIMITS } from './limits.js';
import { storableReason } from './reason.js';

describe('a reason that jsonb can hold', () => {
  it('loses NUL and half surrogate pairs, wherever they are', () => {
    const reason = storableReason({
      code: 'x',
      message: 'a\0b\ud800',
      table: 't\0',
      columns: ['\0', 'c\udc00'],
      constraint: 'k\0',
    });
    expect(reason).toEqual({ code: 'x', message: 'ab\ufffd', table: 't', columns: ['c\ufffd'], constraint: 'k' });
  });

  it('is bounded, without cutting a character in two', () => {
    const reason = storableReason({
      code: 'x',
      message: 'a' + '😀'.repeat(2_000),
      columns: Array.from({ length: 2_000 }, (_, index) => `c${index}`),
    });
    expect(reason.message.length).toBeLessThanOrEqual(MUTATION_LIMITS.reasonChars);
    expect(reason.message.isWellFormed()).toBe(true);
    expect(reason.columns).toHaveLength(MUTATION_LIMITS.reasonColumns);
  });

  it('names nothing where there is nothing to name', () => {
    expect(storableReason({ code: 'x', message: 'm', columns: [] })).toEqual({ code: 'x', message: 'm' });
  });
});
