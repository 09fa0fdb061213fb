import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root folder of this workspace, looked for upwards: a command may be started in any folder of it. */
export function findWorkspaceRoot(from: string = process.cwd()): string {
  const manifest = join(from, 'package.json');
  if (existsSync(manifest) && 'workspaces' in (JSON.parse(readFileSync(manifest, 'utf8')) as object)) return from;
  const parent = dirname(from);
  if (parent === from)
    throw new Error('not inside the Millrace workspace: no package.json with "workspaces" above here');
  return findWorkspaceRoot(parent);
}
