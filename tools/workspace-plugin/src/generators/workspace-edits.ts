import { logger, readJson, updateJson, type Tree } from '@nx/devkit';
import { boundaryTags } from '../eslint/boundaries.mjs';

const CODEOWNERS = '.github/CODEOWNERS';
/** Column at which the rows of CODEOWNERS name the owner. */
const OWNER_COLUMN = 28;

/** Makes the project known to `tsc -b`, in the order of paths. */
export function addReference(tree: Tree, root: string): void {
  const path = `./${root}`;
  const { references } = readTsconfig(tree);
  if (references.some((reference) => reference.path === path)) return;
  const before = references.findIndex((reference) => reference.path > path);
  references.splice(before < 0 ? references.length : before, 0, { path });
  // As text, since the file has comments.
  const text = tree.read('tsconfig.json', 'utf8') ?? '';
  const list = references.map((reference) => `    {\n      "path": "${reference.path}"\n    }`).join(',\n');
  tree.write('tsconfig.json', text.replace(/"references": \[[\s\S]*?\]/, `"references": [\n${list}\n  ]`));
}

function readTsconfig(tree: Tree): { references: { path: string }[] } {
  return readJson<{ references: { path: string }[] }>(tree, 'tsconfig.json');
}

/** Gives the project a row below the last one of its owner, so that groups stay together. */
export function addOwner(tree: Tree, root: string, owner: string): void {
  const lines = (tree.read(CODEOWNERS, 'utf8') ?? '').split('\n');
  const row = `${`/${root}/`.padEnd(OWNER_COLUMN)}${owner}`;
  if (lines.some((line) => line.startsWith(`/${root}/ `))) return;
  const last = lines.findLastIndex((line) => line.startsWith('/') && line.endsWith(` ${owner}`));
  if (last < 0) {
    logger.warn(`${CODEOWNERS}: ${owner} has owned nothing so far; the row stands at the end, in no group.`);
    lines.splice(lines.length - (lines.at(-1) === '' ? 1 : 0), 0, row);
  } else lines.splice(last + 1, 0, row);
  tree.write(CODEOWNERS, lines.join('\n'));
}

/** Throws unless the table of edges has a line for each tag: a project with an unknown one might depend on anything. */
export function assertTags(tags: readonly string[]): void {
  const unknown = tags.filter((tag) => !boundaryTags.includes(tag));
  if (unknown.length === 0) return;
  throw new Error(
    `No line of tools/workspace-plugin/src/eslint/boundaries.mjs has ${unknown.join(', ')}. Known: ${boundaryTags.join(', ')}.`,
  );
}

/** Adds packages to a manifest, in order of their names. */
export function addDependencies(tree: Tree, root: string, names: readonly string[]): void {
  updateJson<{ dependencies?: Record<string, string> }>(tree, `${root}/package.json`, (manifest) => {
    const all = { ...manifest.dependencies, ...Object.fromEntries(names.map((name) => [name, '*'])) };
    return { ...manifest, dependencies: Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))) };
  });
}

/** Adds TypeScript references to a library's `tsconfig.lib.json`. */
export function addLibraryReferences(tree: Tree, root: string, paths: readonly string[]): void {
  updateJson<{ references?: { path: string }[] }>(tree, `${root}/tsconfig.lib.json`, (config) => {
    const known = config.references ?? [];
    const more = paths.filter((path) => !known.some((reference) => reference.path === path));
    return { ...config, references: [...known, ...more.map((path) => ({ path }))] };
  });
}

/** Throws unless npm would take the folder for a package of the workspace. */
export function assertWorkspace(tree: Tree, root: string): void {
  const { workspaces } = readJson<{ workspaces: readonly string[] }>(tree, 'package.json');
  const group = root.slice(0, root.lastIndexOf('/'));
  if (workspaces.includes(`${group}/*`)) return;
  throw new Error(
    `${root} would be in no workspace: add "${group}/*" to "workspaces" in package.json, or choose one of ${workspaces.join(', ')}.`,
  );
}
