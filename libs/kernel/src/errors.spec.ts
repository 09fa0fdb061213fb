import { ERROR_CATALOGUE, SyncError, errorText, isErrorCode } from './errors.js';
import { SqlError } from './ports/sql-connection.js';

describe('errors', () => {
  it('carry what the catalogue says of their code', () => {
    const cause = new Error('driver');
    const error = new SyncError('epoch-changed', 'a new history', { cause });
    expect([error.code, error.retry, error.status, error.message, error.cause]).toEqual([
      'epoch-changed',
      'resync',
      409,
      'a new history',
      cause,
    ]);
  });

  it.each(Object.entries(ERROR_CATALOGUE))('%s says what it means, as an HTTP error', (code, entry) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.meaning).toMatch(/\.$/);
  });

  it.each(['toString', '__proto__', 'constructor', 'nothing', ''])('%j is no code', (text) =>
    expect(isErrorCode(text)).toBe(false),
  );
  it('knows its own codes', () => expect(Object.keys(ERROR_CATALOGUE).every(isErrorCode)).toBe(true));

  it('have a text, whatever was thrown', () => {
    expect([new Error('a'), 'b', 3, null, undefined].map(errorText)).toEqual(['a', 'b', '3', 'null', 'undefined']);
  });

  it('of SQL have a class and no undefined fields', () => {
    const error = new SqlError('m', { code: '23505', constraint: 'k' });
    expect([error.sqlClass, error.table, error.column, error.constraint, error.detail]).toEqual([
      '23',
      null,
      null,
      'k',
      null,
    ]);
  });
});
