import type { Tree } from '@nx/devkit';
import { createTree } from '@nx/devkit/testing';
import { readText } from '../policy/workspace.js';
import { entityGenerator } from './entity/generator.js';
import { libGenerator } from './lib/generator.js';

/** What the generators edit, as it is in this workspace: a file that they no longer understand fails here. */
const EDITED = [
  '.github/CODEOWNERS',
  'package.json',
  'tsconfig.json',
  'libs/db/package.json',
  'libs/db/tsconfig.lib.json',
  'libs/db/src/entities.ts',
  'libs/db/src/index.ts',
  'libs/entities/billing/package.json',
  'libs/entities/billing/README.md',
  'libs/entities/billing/src/index.ts',
];

let tree: Tree;
beforeEach(() => {
  tree = createTree();
  for (const path of EDITED) tree.write(path, readText(path));
});

const text = (path: string) => tree.read(path, 'utf8') ?? '';
const lines = (path: string) => text(path).split('\n');

describe('nx g @millrace/workspace-plugin:lib', () => {
  const options = {
    directory: 'migrations/archive',
    charter: 'Keeps what was migrated away.',
    scope: 'schema',
    runtime: 'node',
    owner: '@millrace/schema',
  } as const;

  it('makes a project with tags, charter, exports, configuration and a spec', () => {
    libGenerator(tree, options);
    expect(JSON.parse(text('libs/migrations/archive/package.json'))).toMatchObject({
      name: '@millrace/migrations-archive',
      nx: { name: 'migrations-archive', tags: ['scope:schema', 'type:contract', 'runtime:node'] },
    });
    expect(text('libs/migrations/archive/README.md')).toBe(
      '# @millrace/migrations-archive\n\nKeeps what was migrated away.\n',
    );
    expect(text('libs/migrations/archive/src/index.ts')).toContain('export { migrationsArchive }');
    expect(text('libs/migrations/archive/jest.config.cjs')).toContain(`preset: '../../../jest.preset.js'`);
    expect(tree.exists('libs/migrations/archive/src/migrations-archive.spec.ts')).toBe(true);
  });

  it('gives it an owner, below the last row of that owner, and a reference in the order of paths', () => {
    libGenerator(tree, options);
    const owners = lines('.github/CODEOWNERS');
    const row = owners.findIndex((line) => line.startsWith('/libs/migrations/archive/ '));
    expect(owners[row]).toMatch(/ @millrace\/schema$/);
    expect(owners[row - 1]).toMatch(/ @millrace\/schema$/);
    const references = [...text('tsconfig.json').matchAll(/"path": "(.*)"/g)].map(([, path]) => path);
    const place = references.indexOf('./libs/migrations/archive');
    expect(references.slice(place - 1, place + 2)).toEqual([...references.slice(place - 1, place + 2)].sort());
    expect(references[place + 1]).toMatch(/^.\/libs\/migrations\//);
    expect(text('tsconfig.json')).toContain('// tsx reads only this file');
  });

  it.each([
    ['an unknown tag', { scope: 'finance' }, /No line of .*boundaries.mjs has scope:finance/],
    ['a charter that is no sentence', { charter: 'stuff' }, /no charter/],
    ['a folder that is in no workspace', { directory: 'ledgers/archive' }, /in no workspace: add "libs\/ledgers\/\*"/],
    ['an owner that is no team', { owner: 'me' }, /no owner/],
  ])('refuses %s, and writes nothing', (_, wrong, message) => {
    const before = tree.listChanges().length;
    expect(() => libGenerator(tree, { ...options, ...wrong })).toThrow(message);
    expect(tree.listChanges()).toHaveLength(before);
  });

  it('refuses a folder that is taken', () => {
    expect(() => libGenerator(tree, { ...options, directory: 'entities/billing' })).toThrow('exists already');
  });
});

describe('nx g @millrace/workspace-plugin:entity', () => {
  it('adds an entity to its area: class, spec, export, README, and the schema of @millrace/db', () => {
    entityGenerator(tree, { name: 'billing/credit-note' });
    expect(text('libs/entities/billing/src/credit-note.ts')).toMatch(
      /@Entity\('credit_notes'\)[\s\S]*class CreditNote/,
    );
    expect(text('libs/entities/billing/src/credit-note.spec.ts')).toContain('syncedOptionsOf(CreditNote)');
    expect(text('libs/entities/billing/src/index.ts')).toContain(`export { CreditNote } from './credit-note.js';`);
    expect(text('libs/entities/billing/README.md')).toMatch(/^Owns: Invoice, Payment, CreditNote\.$/m);
    expect(text('libs/db/src/entities.ts')).toMatch(/import \{ CreditNote, Invoice, Payment \}/);
    expect(text('libs/db/src/entities.ts')).toMatch(/entities = \{.*Payment, CreditNote \} as const/);
    expect(text('libs/db/src/index.ts')).toMatch(/CreditNoteRecord,\s+CreditNoteRow,/);
  });

  it('makes the library of a new area, and lets @millrace/db depend on it', () => {
    entityGenerator(tree, { name: 'support/ticket', owner: '@millrace/schema' });
    expect(JSON.parse(text('libs/entities/support/package.json'))).toMatchObject({
      name: '@millrace/entities-support',
      nx: { tags: ['scope:entities', 'type:entity', 'runtime:any'] },
      dependencies: { typeorm: '*', '@millrace/entities-shared': '*' },
    });
    expect(text('libs/entities/support/README.md')).toMatch(/Describes what support keeps\.\n\nOwns: Ticket\.\n$/);
    expect(JSON.parse(text('libs/db/package.json'))).toMatchObject({
      dependencies: { '@millrace/entities-support': '*' },
    });
    expect(text('libs/db/src/entities.ts')).toContain(`import { Ticket } from '@millrace/entities-support';`);
  });

  it('takes a table name for what has no regular plural', () => {
    entityGenerator(tree, { name: 'billing/staff', table: 'staff' });
    expect(text('libs/entities/billing/src/staff.ts')).toContain(`@Entity('staff')`);
  });

  it('refuses an entity that is there', () => {
    entityGenerator(tree, { name: 'billing/credit-note' });
    expect(() => entityGenerator(tree, { name: 'billing/credit-note' })).toThrow('exists already');
  });
});
