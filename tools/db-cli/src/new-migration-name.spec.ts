import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@millrace/processes';
import { newMigration } from './new-migration-name.js';

describe('the name of a new migration', () => {
  let migrations: string;
  beforeAll(() => {
    migrations = mkdtempSync(join(tmpdir(), 'millrace-names-'));
    writeFileSync(join(migrations, '1764000000000-first.ts'), '');
  });
  afterAll(() => rmSync(migrations, { recursive: true }));
  const of = (name: string, now = 1765000000000) =>
    newMigration({ root: '', store: '', schemaVersion: '', migrations }, name, now);

  it.each(['AddCreditNotes', 'addCreditNotes', 'add-credit-notes', 'add credit_notes'])('%s', (name) => {
    expect(of(name)).toEqual({
      className: 'AddCreditNotes1765000000000',
      file: join(migrations, '1765000000000-add-credit-notes.ts'),
    });
  });

  it('comes after all others, whatever the clock says', () => {
    expect(of('second', 1763000000000).className).toBe('Second1764000000001');
  });

  it.each(['', '1 2', '../up', 'a/b', 'ä', '-x'])('refuses “%s”', (name) => {
    expect(() => of(name)).toThrow(UserError);
  });
});
