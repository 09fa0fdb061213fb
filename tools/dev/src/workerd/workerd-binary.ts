import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@millrace/processes';

const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'workerd-linux-64',
  'linux-arm64': 'workerd-linux-arm64',
  'darwin-x64': 'workerd-darwin-64',
  'darwin-arm64': 'workerd-darwin-arm64',
};

/**
 * workerd's own program, so that the pid we hand out is workerd's and not a script's around it.
 * @throws UserError if there is none for this platform, or it was not installed
 */
export function findWorkerd(workspaceRoot: string): string {
  const platform = `${process.platform}-${process.arch}`;
  const file = join(workspaceRoot, 'node_modules', '@cloudflare', PACKAGES[platform] ?? platform, 'bin', 'workerd');
  if (existsSync(file)) return file;
  throw new UserError(`no workerd for ${platform}`, {
    why: 'npm did not install its package: it is an optional one, or there is none for this platform',
    wayOut: ['run `npm ci` again without --omit=optional', 'on Windows use WSL 2'],
  });
}
