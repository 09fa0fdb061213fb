import { InvalidWriteError } from '@millrace/pglite-client/browser';
import { failureText } from './failure-text.js';

describe('a failed write', () => {
  it('says each broken rule in words', () =>
    expect(
      failureText(
        new InvalidWriteError([
          { table: 'invoices', issues: [{ column: 'due_at', message: 'dueAt must not be before issuedAt' }] },
          { table: 'profiles', issues: [{ column: 'phone', message: 'phone is too long' }] },
        ]),
      ),
    ).toBe('Due at must not be before issued at. Phone is too long'));

  it('quotes anything else', () => expect(failureText(new Error('disk full'))).toBe('disk full'));
});
