import { schema } from '@millrace/db';
import { buildSite } from '@millrace/dev';
import { must, type Row } from '@millrace/kernel';
import { migrateDomain, migrateEngine, seedDemo } from '@millrace/migrations-server';
import type { MillraceClient } from '@millrace/pglite-client';
import { findWorkspaceRoot } from '@millrace/processes';
import { findTable, type TableMeta } from '@millrace/schema-meta';
import { openChromium, startStack, type OpenChromium, type Stack } from '@millrace/testing-harness';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openSource, type Source } from './source.js';

/** The demo as a user has it: source, Worker, site, and a real browser. */
export interface DemoStack extends AsyncDisposable {
  readonly stack: Stack;
  readonly source: Source;
  readonly browser: OpenChromium;
  /** A page signed in as this user by its own sign-in page, with its rows loaded. */
  page(email: string): Promise<Page>;
}

/** `prepare`: SQL that runs before capture begins, for rows that are simply there. */
export async function startDemoStack(prepare = ''): Promise<DemoStack> {
  const resources = new AsyncDisposableStack();
  const root = findWorkspaceRoot();
  const cache = join(root, 'node_modules', '.cache', 'millrace');
  const { dir } = await buildSite({ root, outDir: join(cache, 'site'), logFile: join(cache, 'site.log') });
  const stack = resources.use(
    await startStack({
      siteDir: dir,
      env: { MILLRACE_DEV: '1' },
      migrate: async (url) => {
        await migrateEngine({ url });
        await migrateDomain({ url });
        await seedDemo({ url });
        await using source = await openSource(url);
        if (prepare) await source.run(prepare);
      },
    }),
  );
  const source = resources.use(await openSource(stack.databaseUrl));
  const browser = resources.use(await openChromium());
  return {
    stack,
    source,
    browser,
    page: (email) => signedInPage(browser, stack.url, email),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function signedInPage(browser: OpenChromium, url: string, email: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByRole('searchbox').fill(email);
  await page.getByRole('button', { name: email }).click();
  await page.waitForFunction(() => globalThis.millrace?.status.get().connected === true, undefined, {
    timeout: 60_000,
  });
  return page;
}

declare global {
  /** The demo page keeps its client here. */
  var millrace: MillraceClient | undefined;
}

/** Rows of a statement in a page's own database, as Postgres text. */
export function pageRows(page: Page, sql: string): Promise<readonly Row[]> {
  return page.evaluate(async (statement) => {
    const client = globalThis.millrace;
    if (!client) throw new Error('the page has no client');
    return (await client.db.query<Record<string, string | null>>(statement, [], { text: true })).rows;
  }, sql);
}

export function demoTable(name: string): TableMeta {
  return must(findTable(schema, name), `the demo has no table ${name}`);
}

export const demoTables: readonly TableMeta[] = schema.tables;
