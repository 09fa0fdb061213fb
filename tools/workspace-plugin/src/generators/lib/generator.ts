import { installPackagesTask, logger, type GeneratorCallback, type Tree } from '@nx/devkit';
import { camelCase } from '../names.js';
import { addOwner, addReference, assertTags, assertWorkspace } from '../workspace-edits.js';
import { libFiles } from './lib-files.js';

export interface LibOptions {
  readonly directory: string;
  readonly charter: string;
  readonly scope: string;
  readonly type?: string;
  readonly runtime?: 'any' | 'node' | 'workerd' | 'browser';
  readonly owner: string;
}

/** A library that passes lint, typecheck and tests as it is generated. Nothing is written if something about the options is wrong. */
export function libGenerator(tree: Tree, options: LibOptions): GeneratorCallback {
  const lib = addLib(tree, options);
  const name = camelCase(lib.name);
  tree.write(`${lib.root}/src/${lib.name}.ts`, `/** ${options.charter} */\nexport const ${name} = '${lib.name}';\n`);
  tree.write(
    `${lib.root}/src/${lib.name}.spec.ts`,
    `import { ${name} } from './${lib.name}.js';\n\ndescribe('${lib.name}', () => {\n  it('has a name', () => {\n    expect(${name}).toBe('${lib.name}');\n  });\n});\n`,
  );
  tree.write(`${lib.root}/src/index.ts`, `export { ${name} } from './${lib.name}.js';\n`);
  return () => {
    installPackagesTask(tree, true);
    logger.info(
      `Next: write what ${lib.root}/src/${lib.name}.ts stands for, then npx nx run-many -t lint typecheck test -p ${lib.name}`,
    );
  };
}

/** The project without code: manifest, charter, tags, configuration, owner. */
export function addLib(tree: Tree, options: LibOptions): { readonly root: string; readonly name: string } {
  const root = `libs/${options.directory.replace(/^libs\//, '')}`;
  const name = root.slice('libs/'.length).replaceAll('/', '-');
  const tags = [`scope:${options.scope}`, `type:${options.type ?? 'contract'}`, `runtime:${options.runtime ?? 'any'}`];
  assertWorkspace(tree, root);
  assertTags(tags);
  assertCharter(options.charter);
  if (!/^@[\w-]+(\/[\w-]+)?$/.test(options.owner))
    throw new Error(`“${options.owner}” is no owner: it has to be @team or @organisation/team.`);
  if (tree.exists(`${root}/package.json`)) throw new Error(`${root} exists already.`);
  for (const [file, text] of Object.entries(libFiles({ root, name, tags, charter: options.charter })))
    tree.write(`${root}/${file}`, text);
  addReference(tree, root);
  addOwner(tree, root, options.owner);
  return { root, name };
}

function assertCharter(charter: string): void {
  if (/^[A-Z].*\.$/s.test(charter) && !/[.!?]\s+[A-Z]/.test(charter)) return;
  throw new Error(
    `“${charter}” is no charter: one sentence that begins with a capital letter and ends with a full stop.`,
  );
}
