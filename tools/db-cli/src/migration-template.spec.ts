import { migrationSourceText } from './migration-template.js';

// Prettier loads its parsers in a way that Jest's modules can't: what it makes of the text is seen where the commands run.
jest.mock('./format-source.js', () => ({ formatSource: (text: string) => Promise.resolve(text) }));

describe('the source of a migration', () => {
  it('imports types only, and carries each statement as it is', async () => {
    const statements = { up: ["select 'a`b\\n${c}'"], down: [] };
    const text = await migrationSourceText({
      className: 'X1764000000000',
      purpose: 'Tries.',
      statements,
      file: 'x.ts',
    });
    expect(text).toContain("import type { MigrationInterface, QueryRunner } from 'typeorm';");
    expect(text).toContain("await queryRunner.query(`select 'a\\`b\\\\n\\${c}'`);");
    expect(text).toContain('async down(_queryRunner: QueryRunner): Promise<void> {}');
  });
});
