import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '@millrace/dev';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';

/** A real Chromium with a profile of its own: its OPFS, locks and storage are shared by its pages and by no one else. */
export interface OpenChromium extends AsyncDisposable {
  readonly context: BrowserContext;
  /** What any of its pages wrote to the console or threw, for messages of failed tests. */
  readonly console: readonly string[];
  newPage(): Promise<Page>;
}

export interface OpenChromiumOptions {
  /** Keep a profile over several openings; default: a fresh one, removed at the end. */
  readonly profileDir?: string;
}

/** As root there is no sandbox; and a browser under test must not talk to anyone but the test. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** @throws Error if this machine has no Chromium */
export async function openChromium(options: OpenChromiumOptions = {}): Promise<OpenChromium> {
  const executablePath = findChromium(process.env);
  if (executablePath === null) {
    throw new Error('no Chromium: set CHROMIUM_PATH, or install one (Debian, as root: apt-get install chromium)');
  }
  const profileDir = options.profileDir ?? (await mkdtemp(join(tmpdir(), 'millrace-chromium-')));
  const context = await chromium.launchPersistentContext(profileDir, { executablePath, headless: true, args: FLAGS });
  const console: string[] = [];
  context.on('console', (message) => console.push(`${message.type()}: ${message.text()}`));
  context.on('weberror', (error) => console.push(`uncaught: ${error.error().stack ?? error.error().message}`));
  return {
    context,
    console,
    newPage: () => context.newPage(),
    [Symbol.asyncDispose]: async () => {
      await context.close();
      if (options.profileDir === undefined) await rm(profileDir, { recursive: true, force: true });
    },
  };
}

/**
 * True if `npm test` found no Chromium and skips its tests: `const describeChromium = chromiumIsSkipped() ? describe.skip
 * : describe`. Never true in CI.
 */
export function chromiumIsSkipped(): boolean {
  return process.env['MILLRACE_SKIP_CHROMIUM'] === '1';
}
