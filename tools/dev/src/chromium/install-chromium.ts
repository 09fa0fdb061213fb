import { spawnSync } from 'node:child_process';

/** True if `apt-get` can install packages here: it is there, and we are root. */
export function canInstallChromium(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Installs Debian's Chromium.
 * @returns null when done, else the words of apt-get
 */
export function installChromium(): string | null {
  return run('update') ?? run('install', '--yes', '--no-install-recommends', 'chromium');
}

function run(...args: string[]): string | null {
  const { status, stdout, stderr } = spawnSync('apt-get', args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0 ? null : `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n');
}
