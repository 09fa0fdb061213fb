import { execFileSync } from 'node:child_process';
import { installPackagesTask, logger, type GeneratorCallback, type Tree } from '@nx/devkit';
import { addLib } from '../lib/generator.js';
import { pascalCase, tableNameOf, words } from '../names.js';
import { addDependencies, addLibraryReferences } from '../workspace-edits.js';
import { entitySource, entitySpec } from './entity-source.js';
import { registerEntity } from './register-entity.js';

export interface EntityOptions {
  /** `<area>/<entity>`. */
  readonly name: string;
  readonly table?: string;
  readonly owner?: string;
}

/** An entity of one tenant with its spec, exported by its area and listed in `@millrace/db`. The area's library is made if it is new. */
export function entityGenerator(tree: Tree, options: EntityOptions): GeneratorCallback {
  const [area = '', entity = ''] = options.name.split('/');
  const root = `libs/entities/${area}`;
  const className = pascalCase(entity);
  const table = options.table ?? tableNameOf(entity);
  if (tree.exists(`${root}/src/${entity}.ts`)) throw new Error(`${root}/src/${entity}.ts exists already.`);
  const isNewArea = !tree.exists(`${root}/package.json`);
  if (isNewArea) addArea(tree, area, options.owner ?? '@millrace/schema');

  tree.write(`${root}/src/${entity}.ts`, entitySource({ area, entity, className, table }));
  tree.write(`${root}/src/${entity}.spec.ts`, entitySpec({ area, entity, className, table }));
  addExport(tree, `${root}/src/index.ts`, `export { ${className} } from './${entity}.js';`);
  ownInReadme(tree, `${root}/README.md`, className);
  registerEntity(tree, area, className);
  return () => {
    installPackagesTask(tree, isNewArea);
    execFileSync('npm', ['run', '--silent', 'generate', '-w', '@millrace/db'], { cwd: tree.root, stdio: 'inherit' });
    logger.info(
      `Next: give ${root}/src/${entity}.ts its columns, then\n  npm run migration:generate -- add-${words(entity).replaceAll(' ', '-')}`,
    );
  };
}

function addArea(tree: Tree, area: string, owner: string): void {
  const { root } = addLib(tree, {
    directory: `entities/${area}`,
    charter: `Describes what ${words(area)} keeps.`,
    scope: 'entities',
    type: 'entity',
    runtime: 'any',
    owner,
  });
  tree.write(`${root}/README.md`, `${tree.read(`${root}/README.md`, 'utf8') ?? ''}\nOwns: nothing yet.\n`);
  addDependencies(tree, root, [
    '@millrace/entities-core',
    '@millrace/entities-shared',
    'class-validator',
    'reflect-metadata',
    'typeorm',
  ]);
  addLibraryReferences(tree, root, ['../shared/tsconfig.lib.json', '../core/tsconfig.lib.json']);
  addDependencies(tree, 'libs/db', [`@millrace/entities-${area}`]);
  addLibraryReferences(tree, 'libs/db', [`../entities/${area}/tsconfig.lib.json`]);
}

function addExport(tree: Tree, path: string, line: string): void {
  tree.write(path, `${tree.read(path, 'utf8') ?? ''}${line}\n`);
}

/** The README says what the area owns. */
function ownInReadme(tree: Tree, path: string, className: string): void {
  const text = tree.read(path, 'utf8') ?? '';
  const owns = /^Owns: (.*)\.$/m.exec(text)?.[1];
  if (owns === undefined) return;
  const all = owns === 'nothing yet' ? className : `${owns}, ${className}`;
  tree.write(path, text.replace(/^Owns: .*\.$/m, `Owns: ${all}.`));
}
