import { findWorkspaceRoot, spawnChild } from '@millrace/processes';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchContext } from '../../core/bench.js';

/** The version that figures speak of. It brings hundreds of packages, so it is no dependency of the workspace. */
export const ZERO_VERSION = '1.9.0';

/** Where Zero is installed, with the client's script beside it, so that its imports are found. */
export interface InstalledZero {
  readonly folder: string;
  readonly client: string;
  /** zero-cache's command-line program. */
  readonly server: string;
}

/** Installs it once into the bench's cache, without running install scripts: what it needs for Linux, macOS and Windows is prebuilt. */
export async function installZero(context: BenchContext): Promise<InstalledZero> {
  const root = findWorkspaceRoot();
  const folder = join(root, 'node_modules', '.cache', 'millrace', `zero-${ZERO_VERSION}`);
  const marker = join(folder, 'installed');
  if (!existsSync(marker)) {
    context.say(`installing @rocicorp/zero ${ZERO_VERSION}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    await npmInstall(context, folder);
    writeFileSync(marker, ZERO_VERSION);
  }
  const client = join(folder, 'zero-client.js');
  copyFileSync(fileURLToPath(new URL('../../fixtures/zero-client.js', import.meta.url)), client);
  return { folder, client, server: join(folder, 'node_modules', '@rocicorp', 'zero', 'out', 'zero', 'src', 'cli.js') };
}

async function npmInstall(context: BenchContext, folder: string): Promise<void> {
  const logFile = join(folder, 'install.log');
  const child = spawnChild({
    command: ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', `@rocicorp/zero@${ZERO_VERSION}`],
    cwd: folder,
    // Proxy, registry and cache of whoever runs it.
    env: process.env,
    logFile,
  });
  await using _installing = await context.own({ [Symbol.asyncDispose]: async () => child.killGroup() });
  const { code } = await child.exited;
  if (code !== 0)
    throw new Error(`@rocicorp/zero could not be installed: ${readFileSync(logFile, 'utf8').slice(-1000)}`);
}
