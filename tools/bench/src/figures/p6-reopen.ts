import type { Bench, BenchContext } from '../core/bench.js';
import { atMost, figure, ratioOf, type Figure } from '../core/figure.js';
import { median, spreadOf } from '../core/percentile.js';
import { meterProcesses, type ProcessUse } from '../core/process-meter.js';
import { startBenchStack } from '../support/bench-stack.js';
import { openBenchPage, type BenchPage } from '../support/bench-page.js';
import { databaseSettings } from '../support/database-settings.js';
import { USER, invoiceNumber } from '../support/invoices.js';
import { buildPageSite } from '../support/page-site.js';

const ROWS = 100_000;
const ROUNDS = 7;
const MOST_RATIO = 1.3;
/** What an app asks first. */
const FIRST_QUERY = `select * from invoices where number = '${invoiceNumber(500)}'`;

/** P6: a client that was here before starts again. */
export const reopenBench: Bench = {
  id: 'p6',
  title: 'start of a client that was here before, 100,000 rows',
  async *run(context) {
    const rows = context.rows?.[0] ?? (context.quick ? 2_000 : ROWS);
    const siteDir = await buildPageSite(context);
    await using bench = await startBenchStack(context, { rows, siteDir });
    await using page = await openBenchPage(context, bench);
    context.say('the client is here for the first time');
    await page.openClient('opfs');
    const settings = await databaseSettings(page);
    await page.call('close');
    const before = await page.receivedRows();

    context.say('and comes back');
    const meter = meterProcesses({ Chromium: page.pid, workerd: bench.stack.pid() });
    const rounds: Round[] = [];
    for (let n = 0; n < (context.quick ? 2 : ROUNDS); n++) rounds.push(await round(page, settings));
    yield openFigure(context, rounds, meter.stop());
    yield downloadFigure((await page.receivedRows()) - before, rounds.length);
  },
};

interface Round {
  readonly client: number;
  readonly live: number;
  readonly raw: number;
}

/** Client and bare PGlite in turn, on the same directory: whatever the machine does meanwhile, it does to both. */
async function round(page: BenchPage, settings: readonly string[]): Promise<Round> {
  const { askedAt } = await page.call('open', { principal: USER.id, storage: 'opfs', connect: true });
  const { at } = await page.call('query', FIRST_QUERY);
  const liveAt = await page.call('live');
  await page.call('close');
  const dataDir = `opfs-ahp://${await clientDirectory(page)}`;
  const raw = await page.call('raw', { kind: 'open', dataDir, settings, first: FIRST_QUERY });
  await page.call('raw', { kind: 'close' });
  return { client: at - askedAt, live: liveAt - askedAt, raw: raw.doneAt - raw.startedAt };
}

async function clientDirectory(page: BenchPage): Promise<string> {
  const names = await page.call('directories');
  const found = names.find((name) => name.startsWith('millrace') && name.includes('opfs-ahp'));
  if (found === undefined) throw new Error(`no database of the client among: ${names.join(', ')}`);
  return found;
}

function openFigure(context: BenchContext, rounds: readonly Round[], use: readonly ProcessUse[]): Figure {
  const client = rounds.map((each) => each.client);
  const raw = rounds.map((each) => each.raw);
  const value = median(client);
  const limit = {
    value: median(raw),
    of: 'opening the same directory with a bare PGlite in a worker of the same page, p50',
  };
  return figure({
    id: 'p6-open',
    title: `reopen ${(context.quick ? 2_000 : ROWS).toLocaleString('en')} rows and answer a first query`,
    unit: 'ms',
    value,
    limit,
    process: 'a worker of a Chromium page',
    clock: { starts: 'createClient is called', stops: 'the first query is answered' },
    spread: spreadOf(client),
    use,
    series: [
      { name: 'client', values: client },
      { name: 'bare PGlite', values: raw },
    ],
    budgets: [atMost(`≤ ${MOST_RATIO} × the limit`, ratioOf({ value, limit }), MOST_RATIO)],
    notes: [`it follows the stream after ${median(rounds.map(({ live }) => live)).toFixed(0)} ms (p50)`],
  });
}

function downloadFigure(bytes: number, rounds: number): Figure {
  return figure({
    id: 'p6-download',
    title: 'known rows that are downloaded again',
    unit: 'MB',
    value: bytes / 1e6,
    process: 'the network of Chromium',
    clock: { starts: 'the client opens', stops: `it is live, ${rounds} times` },
    bytes: { 'snapshots and tails': bytes },
    budgets: [atMost('none', bytes, 0)],
  });
}
