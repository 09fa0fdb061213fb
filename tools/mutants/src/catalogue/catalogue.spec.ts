import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from './index.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const read = (...path: readonly string[]) => readFileSync(join(root, ...path), 'utf8');

test('no two mutants share a name', () => {
  const names = CATALOGUE.map((mutant) => mutant.name);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(CATALOGUE)('$name', ({ edits, killedBy }) => {
  test('changes text that the tree holds, each exactly once', () => {
    expect(edits.length).toBeGreaterThan(0);
    for (const { file, find, replace } of edits) {
      expect({ file, find, times: read(file).split(find).length - 1 }).toEqual({ file, find, times: 1 });
      expect(replace).not.toBe(find);
    }
  });

  test('names tests that exist, by their whole last title', () => {
    expect(killedBy.length).toBeGreaterThan(0);
    for (const { project, spec, test: title } of killedBy) {
      const matching = titlesIn(read(project, spec)).filter((pattern) => pattern.test(title));
      expect({ spec, title, matching: matching.length }).toEqual({ spec, title, matching: 1 });
    }
  });
});

/** The titles of a spec file's tests as patterns: `%s` stands for whatever `each` puts there. */
function titlesIn(source: string): readonly RegExp[] {
  const titles = [...source.matchAll(/(['"])((?:(?!\1).)+)\1,\s*(?:async )?\(/g)].map((found) => found[2] ?? '');
  return titles.map((title) => {
    const literals = title.split('%s').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${literals.join('.+')}$`);
  });
}
