import { openChromium } from '@millrace/testing-harness';
import { findProcessesNaming } from '@millrace/processes';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page, Request } from 'playwright-core';
import type { BenchContext } from '../core/bench.js';
import type { PageBench } from '../page/page-api.js';
import type { BenchStack } from './bench-stack.js';
import type { Watched } from './cursor-moves.js';
import { USER } from './invoices.js';
import { signToken } from './tokens.js';

const PROGRESS_EVERY_MS = 10_000;

/** A page in a Chromium of its own, with the bench's functions in it. */
export interface BenchPage extends AsyncDisposable {
  readonly page: Page;
  /** Of the browser; its renderers and helpers are below it. */
  readonly pid: number;
  /** Calls a function of the page. */
  call<Name extends keyof PageBench>(
    name: Name,
    ...args: Parameters<PageBench[Name]>
  ): Promise<Awaited<ReturnType<PageBench[Name]>>>;
  /** Waits for `work`, and says every ten seconds how the client is getting on. */
  withProgress<T>(work: Promise<T>): Promise<T>;
  /** A client with its rows loaded, following the stream. */
  openClient(storage: 'opfs' | 'memory'): Promise<void>;
  /** Watches the client's cursor from now on. */
  watch(): Promise<Watched>;
  /** Bytes of answers to HTTP requests so far that carry rows, packed as they came. */
  receivedRows(): Promise<number>;
}

export async function openBenchPage(context: BenchContext, { stack }: BenchStack): Promise<BenchPage> {
  const profileDir = await mkdtemp(join(context.folder, 'chromium-'));
  const browser = await context.own(await openChromium({ profileDir }));
  const page = await browser.newPage();
  await page.exposeFunction('benchToken', () => signToken(stack.jwtSecret));
  const received = countReceived(page);
  await page.goto(stack.url);
  await page.waitForFunction(() => 'bench' in globalThis);

  const call: BenchPage['call'] = (name, ...args) =>
    page.evaluate(
      ([called, given]) =>
        (globalThis.bench[called] as (...parameters: unknown[]) => never)(...(given as readonly unknown[])),
      [name, args] as const,
    );
  return {
    page,
    pid: browserPid(profileDir),
    call,
    withProgress: async (work) => {
      const timer = setInterval(() => {
        void call('status').then(context.say, () => undefined); // it is gone, and whoever waits for it hears of that
      }, PROGRESS_EVERY_MS);
      return work.finally(() => clearInterval(timer));
    },
    openClient: async (storage) => {
      await call('open', { principal: USER.id, storage, connect: true });
      await call('connect');
      await call('live');
    },
    watch: async () => {
      await call('watch');
      return {
        reached: (seq) => call('reached', seq.toString()),
        moves: async () => (await call('moves')).map(({ seq, at }) => ({ seq: BigInt(seq), at })),
      };
    },
    receivedRows: received,
    [Symbol.asyncDispose]: () => browser[Symbol.asyncDispose](),
  };
}

/** The one process of this profile that is no helper of another. */
function browserPid(profileDir: string): number {
  const all = findProcessesNaming(profileDir);
  const browser = all.find(({ argv }) => !argv.some((word) => word.startsWith('--type=') || word === '/bin/sh'));
  if (!browser) throw new Error('the browser is not in the process table');
  return browser.pid;
}

/** The browser tells of a request's end some time after the page has had its answer: each that has begun is waited for. */
function countReceived(page: Page): () => Promise<number> {
  const open = new Map<Request, (size: number | Promise<number>) => void>();
  const sizes: Promise<number>[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (!pathname.startsWith('/api/snapshots') && pathname !== '/api/tail') return;
    const size = Promise.withResolvers<number>();
    open.set(request, size.resolve);
    sizes.push(size.promise);
  });
  page.on('requestfinished', (request) =>
    open.get(request)?.(request.sizes().then(({ responseBodySize }) => responseBodySize)),
  );
  page.on('requestfailed', (request) => open.get(request)?.(0));
  return async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
