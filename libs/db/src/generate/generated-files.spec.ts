import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedFiles } from './generated-files.js';

/** By its command: the library loads its parsers in a way that Jest's modules can't. */
function formatted(source: string, file: string): string {
  const prettier = require.resolve('prettier/bin/prettier.cjs');
  return execFileSync(process.execPath, [prettier, '--stdin-filepath', file], { input: source, encoding: 'utf8' });
}

describe('generated files', () => {
  it('are those that the entity classes give now', async () => {
    for (const [name, source] of Object.entries(await generatedFiles())) {
      const file = join(__dirname, '..', name);
      // If this fails: npm run generate -w @millrace/db
      expect(await readFile(file, 'utf8')).toBe(formatted(source, file));
    }
  });
});
