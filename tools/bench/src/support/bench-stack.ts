import { migrateDomain, migrateEngine } from '@millrace/migrations-server';
import { startStack, type Stack } from '@millrace/testing-harness';
import type { BenchContext } from '../core/bench.js';
import { TENANT_SQL, invoicesSql } from './invoices.js';
import { openSource, type Source } from './source.js';

/** Postgres with rows, workerd that captures, and an outside program's session. */
export interface BenchStack extends AsyncDisposable {
  readonly stack: Stack;
  readonly source: Source;
  /** Where history ends now, as it is stored. */
  headSeq(): Promise<bigint>;
}

export interface BenchStackOptions {
  /** Invoices that are there before capture begins. */
  readonly rows: number;
  readonly siteDir?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startBenchStack(context: BenchContext, options: BenchStackOptions): Promise<BenchStack> {
  context.say(`Postgres with ${options.rows.toLocaleString('en')} invoices, and workerd`);
  const stack = await context.own(
    await startStack({
      serverUrl: context.postgres.url,
      restart: false,
      env: { MILLRACE_LOG_LEVEL: 'warn', ...options.env },
      migrate: (url) => prepare(url, options.rows),
      ...(context.inspectorAddress === null ? {} : { inspectorAddress: context.inspectorAddress }),
      ...(options.siteDir === undefined ? {} : { siteDir: options.siteDir }),
    }),
  );
  const source = await context.own(await openSource(stack.databaseUrl));
  return {
    stack,
    source,
    headSeq: async () => {
      const [state] = await source.rows('select last_seq from sync.replication_state');
      return BigInt(state?.['last_seq'] ?? '0');
    },
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      await stack[Symbol.asyncDispose]();
    },
  };
}

async function prepare(url: string, rows: number): Promise<void> {
  await migrateEngine({ url });
  await migrateDomain({ url });
  await prepareRows(url, rows);
}

/** Tenant, user and so many invoices, in tables that are there. */
export async function prepareRows(url: string, rows: number): Promise<void> {
  await using source = await openSource(url);
  await source.run(TENANT_SQL);
  if (rows > 0) await source.run(invoicesSql(1, rows));
  // A table that was just filled is written to again by its first readers; that cost is not theirs.
  await source.run('vacuum (analyze) invoices');
  await source.run('checkpoint');
}
