import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** What can be imported from the workspace's libraries, and the module that it is: `@millrace/db/server` → `…/libs/db/src/server/index.ts`. */
export function workspaceSources(root: string): Readonly<Record<string, string>> {
  const manifests = globSync(['libs/*/package.json', 'libs/*/*/package.json'], { cwd: root });
  return Object.fromEntries(manifests.flatMap((path) => sourcesOf(join(root, path))));
}

function sourcesOf(file: string): readonly (readonly [string, string])[] {
  const { name, exports = {} } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  return Object.entries(exports).flatMap(([subpath, target]) => {
    const source = typeof target === 'string' ? undefined : target['@millrace/source'];
    const path = source && join(dirname(file), source);
    return path && existsSync(path) ? [[`${name}${subpath.slice(1)}`, path] as const] : [];
  });
}
