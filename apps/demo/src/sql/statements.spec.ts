import { changedValues, insertInto, updateById } from './statements.js';

describe('statements', () => {
  it('insert the columns given', () =>
    expect(insertInto('invoices', { number: 'A', notes: null })).toEqual({
      sql: 'insert into invoices (number, notes) values ($1, $2)',
      params: ['A', null],
    }));

  it('update by id, or not at all', () => {
    expect(updateById('invoices', '7', { number: 'A', notes: null })).toEqual({
      sql: 'update invoices set number = $2, notes = $3 where id = $1',
      params: ['7', 'A', null],
    });
    expect(updateById('invoices', '7', {})).toBeNull();
  });

  it('set only what was edited here and is different', () => {
    const before = { number: 'A', notes: 'theirs', status: 'open' };
    const next = { number: 'B', notes: 'old', status: 'open' };
    expect(changedValues(next, before, new Set(['number', 'status']))).toEqual({ number: 'B' });
  });
});
