import fc from 'fast-check';
import { verdictOfSqlError } from './verdict-of-sql-error.js';

const verdictOf = (code: string, message = 'relation "secret" of tenant B') => verdictOfSqlError({ code, message });

describe('[W4] what an SQLSTATE inside the savepoint means', () => {
  it.each([
    ['23505', 'unique'],
    ['23503', 'foreign-key'],
    ['23001', 'foreign-key'],
    ['23502', 'not-null'],
    ['23514', 'check'],
    ['23P01', 'exclusion'],
    ['23000', 'integrity'],
    ['22001', 'data'],
    ['22003', 'data'],
    ['22P02', 'data'],
    ['P0001', 'raised'],
    ['P0002', 'raised'],
    ['P0004', 'raised'],
  ])("%s is the write's own fault: %s", (sqlState, code) => {
    expect(verdictOf(sqlState)).toMatchObject({ kind: 'rejected', code });
  });

  it.each([
    '08006',
    '08P01',
    '25006',
    '40001',
    '40P01',
    '53100',
    '53300',
    '55P03',
    '55006',
    '57P01',
    '57P03',
    '58030',
    '58P01',
  ])('%s may go away: retry', (sqlState) => expect(verdictOf(sqlState)).toEqual({ kind: 'retry' }));

  it('57014 is a retry that is counted', () => expect(verdictOf('57014')).toEqual({ kind: 'timeout' }));

  it.each(['42P01', '42501', '42703', '0A000', '21000', '25P02', '25001', '54001', 'XX000', 'HV000', 'MI001', ''])(
    '%s was foreseen by nobody: a fault',
    (sqlState) => expect(verdictOf(sqlState)).toEqual({ kind: 'fault' }),
  );

  it("I8 gives on nothing of Postgres' message but the words of RAISE EXCEPTION", () => {
    const sqlStates = fc.stringMatching(/^(22|23|P0)[0-9A-Z]{3}$/);
    fc.assert(
      fc.property(sqlStates, (sqlState) => {
        const verdict = verdictOf(sqlState, 'SECRET');
        return verdict.kind === 'rejected' && (sqlState === 'P0001') === (verdict.message === 'SECRET');
      }),
    );
    expect(verdictOf('P0001', 'The workshop is closed.')).toMatchObject({ message: 'The workshop is closed.' });
  });
});
