import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { UserError } from '@millrace/processes';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const MAC_APPS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * The Chromium of this machine: CHROMIUM_PATH, else an installed one, else one that Playwright downloaded.
 * @returns null if there is none
 * @throws UserError if CHROMIUM_PATH names nothing
 */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | null {
  const given = env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') return requireFile(given);
  const inPath = (env['PATH'] ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...inPath, ...MAC_APPS, chromium.executablePath()].find((file) => existsSync(file)) ?? null;
}

function requireFile(file: string): string {
  if (existsSync(file)) return file;
  throw new UserError(`CHROMIUM_PATH names ${file}`, {
    why: 'there is no such file',
    wayOut: ['correct it, or unset it to use the Chromium in the PATH'],
  });
}
