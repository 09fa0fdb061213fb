import { findChromium } from '../chromium/find-chromium.js';
import { canInstallChromium, installChromium } from '../chromium/install-chromium.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes sure of a Chromium for the tests that need one.
 * @returns variables for the tests: where it is, or that its tests are to be skipped. In CI they are never skipped:
 * they run, and fail by name.
 */
export function prepareChromium(env: Environment, tell: (line: string) => void): Record<string, string> {
  const found = findChromium(env) ?? (canInstallChromium() ? install(env, tell) : null);
  if (found !== null) return { CHROMIUM_PATH: found };
  tell('! NO CHROMIUM: set CHROMIUM_PATH, or install one (Debian: apt-get install chromium)');
  if (isCi(env)) {
    tell('! in CI its tests are not skipped: they will fail');
    return {};
  }
  tell('! ITS TESTS ARE SKIPPED');
  return { MILLRACE_SKIP_CHROMIUM: '1' };
}

export function isCi(env: Environment): boolean {
  return env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI']);
}

function install(env: Environment, tell: (line: string) => void): string | null {
  tell('· no Chromium here: apt-get installs one');
  const problem = installChromium();
  if (problem !== null) tell(`! apt-get could not: ${problem}`);
  return findChromium(env);
}
