import type { SnapshotManifest } from '@millrace/sync-protocol';
import type { Bench, BenchContext } from '../core/bench.js';
import { atMost, figure, ratioOf, type Figure } from '../core/figure.js';
import { median, spreadOf } from '../core/percentile.js';
import { meterProcesses, type ProcessUse } from '../core/process-meter.js';
import { startBenchStack, type BenchStack } from '../support/bench-stack.js';
import { openBenchPage, type BenchPage } from '../support/bench-page.js';
import { buildSnapshot } from '../support/built-snapshot.js';
import { makeCopyFiles, type CopyFiles } from '../support/copy-files.js';
import { USER } from '../support/invoices.js';
import { buildPageSite } from '../support/page-site.js';
import { databaseSettings } from '../support/database-settings.js';
import { timelineText, type Stretch } from '../support/timeline.js';
import { signToken } from '../support/tokens.js';

const ROW_COUNTS = [10_000, 100_000, 1_000_000];
/** Fresh clients for each count: small ones vary more. */
const runsFor = (rows: number): number => (rows <= 10_000 ? 5 : rows <= 100_000 ? 3 : 1);
const MOST_RATIO = 1.5;
const MOST_BYTES_PER_ROW = 90;

/** P1: a new client loads its rows. */
export const hydrateBench: Bench = {
  id: 'p1',
  title: 'hydrate 10k, 100k and 1M invoices in Chromium',
  async *run(context) {
    const siteDir = await buildPageSite(context, { traced: context.profiler.traces });
    for (const rows of context.rows ?? (context.quick ? [2_000] : ROW_COUNTS)) {
      await using bench = await startBenchStack(context, { rows, siteDir });
      yield* hydrate(context, bench, rows);
    }
  },
};

interface Run {
  readonly opened: Stretch;
  readonly hydrated: Stretch;
  readonly rawSeconds: number;
  readonly hashSeconds: number;
}

const secondsOf = ({ startedAt, doneAt }: Stretch): number => (doneAt - startedAt) / 1000;

async function* hydrate(context: BenchContext, bench: BenchStack, rows: number): AsyncGenerator<Figure, void, void> {
  const built = await buildSnapshot(bench.stack.url, await signToken(bench.stack.jwtSecret));
  context.say(`snapshot of ${rows.toLocaleString('en')} rows built in ${built.seconds.toFixed(2)} s`);
  await using files = await makeCopyFiles(context, bench, 'invoices');
  context.say(`${files.table.files.length} files of ${(files.rawBytes / 1e6).toFixed(0)} MB in all`);
  const runs: Run[] = [];
  let bytes = 0;
  let use: readonly ProcessUse[] = [];
  for (let n = 0; n < (context.quick ? 1 : runsFor(rows)); n++) {
    await using page = await openBenchPage(context, bench);
    const meter = meterProcesses({ Chromium: page.pid, workerd: bench.stack.pid(), Postgres: context.postgres.pid });
    const client = await freshClient(page, rows);
    if (context.profiler.traces) await keepTimelines(context, page, { name: `p1-${rows}-${n + 1}`, ...client });
    use = meter.stop();
    bytes = await page.receivedRows();
    const settings = await databaseSettings(page);
    await page[Symbol.asyncDispose]();
    const rawSeconds = await loadRaw(context, bench, { files, settings });
    runs.push({ ...client, rawSeconds });
    context.say(
      `hydrated in ${secondsOf(client.hydrated).toFixed(2)} s, the files alone in ${rawSeconds.toFixed(2)} s`,
    );
  }
  yield timeFigure(rows, runs, { use, built, files, bytes });
  yield bytesFigure(rows, built.manifest, { files, seen: bytes });
}

async function freshClient(page: BenchPage, rows: number): Promise<Omit<Run, 'rawSeconds'>> {
  const { askedAt, openedAt } = await page.call('open', { principal: USER.id, storage: 'opfs', connect: false });
  const { askedAt: began, readyAt } = await page.withProgress(page.call('connect'));
  const counted = await page.call('query', 'select count(*) from invoices');
  if (Number(counted.rows[0]?.['count']) !== rows)
    throw new Error(`not all rows are there: ${JSON.stringify(counted)}`);
  const hashing = await page.call('time', 'select sum(hash_record_extended(t, 0)::numeric) from invoices t');
  return {
    opened: { startedAt: askedAt, doneAt: openedAt },
    hydrated: { startedAt: began, doneAt: readyAt },
    hashSeconds: hashing / 1000,
  };
}

/** What the worker did while it opened and while it hydrated. */
async function keepTimelines(
  { profiler }: BenchContext,
  page: BenchPage,
  { name, opened, hydrated }: Pick<Run, 'opened' | 'hydrated'> & { readonly name: string },
): Promise<void> {
  const spans = await page.call('spans');
  profiler.keep(`${name}-open`, timelineText(spans, opened));
  profiler.keep(`${name}-hydrate`, timelineText(spans, hydrated));
}

interface RawLoad {
  readonly files: CopyFiles;
  readonly settings: readonly string[];
}

/**
 * The same rows, in files of the same size, into a PGlite with the same settings that was made from the same image, in a browser as fresh as the client's:
 * one in which a database has been filled before has Postgres compiled, and is a fifth faster.
 */
async function loadRaw(context: BenchContext, bench: BenchStack, { files, settings }: RawLoad): Promise<number> {
  await using page = await openBenchPage(context, bench);
  await page.call('raw', { kind: 'open', dataDir: 'opfs-ahp://bench-raw', image: true, settings, first: 'select 1' });
  const { startedAt, doneAt } = await page.call('raw', { kind: 'load', tables: [files.table] });
  await page.call('raw', { kind: 'close' });
  return (doneAt - startedAt) / 1000;
}

interface Circumstances {
  readonly use: readonly ProcessUse[];
  readonly built: { readonly seconds: number };
  readonly files: CopyFiles;
  readonly bytes: number;
}

function timeFigure(rows: number, runs: readonly Run[], { use, built, files, bytes }: Circumstances): Figure {
  const pick = (value: (run: Run) => number): number[] => runs.map(value);
  const seconds = pick((run) => secondsOf(run.hydrated));
  const value = median(seconds);
  const limit = {
    value: median(pick((run) => run.rawSeconds)),
    of: 'the same binary COPY files, already fetched, into the same PGlite in a browser as fresh',
  };
  return figure({
    id: `p1-${rows}`,
    title: `hydrate ${rows.toLocaleString('en')} invoices, Chromium with OPFS`,
    unit: 's',
    value,
    limit,
    process: 'a worker of a Chromium page; workerd and Postgres on the same machine',
    clock: {
      starts: 'the database is open and the client connects; the snapshot is built',
      stops: '`client.ready`: rows and cursor are committed and flushed',
    },
    spread: spreadOf(seconds),
    use,
    bytes: { 'answers with rows, as the browser tells': bytes, 'COPY files of the limit, unpacked': files.rawBytes },
    budgets: limit.value > value ? [] : [atMost(`≤ ${MOST_RATIO} × the limit`, ratioOf({ value, limit }), MOST_RATIO)],
    notes: [
      ...(limit.value > value
        ? [
            'the limit was beaten, so it is none: it holds all files in memory before it loads them, which the client does not',
          ]
        : []),
      `apart: building the snapshot cold ${built.seconds.toFixed(2)} s, opening the database ${median(pick((run) => secondsOf(run.opened))).toFixed(2)} s, hashing the rows once ${median(pick((run) => run.hashSeconds)).toFixed(2)} s`,
    ],
  });
}

/** By the manifest, whose chunks are sent as they are: a browser does not tell the size of each answer to a worker. */
function bytesFigure(
  rows: number,
  { tables }: SnapshotManifest,
  { files, seen }: { readonly files: CopyFiles; readonly seen: number },
): Figure {
  const chunks = tables.filter(({ name }) => name === 'invoices').flatMap((table) => table.chunks);
  const value = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0) / rows;
  return figure({
    id: `p1-${rows}-bytes`,
    title: `bytes on the wire to hydrate ${rows.toLocaleString('en')} invoices`,
    unit: 'B/row',
    value,
    limit: { value: files.rawBytes / rows, of: 'the same rows as binary COPY, not packed' },
    process: 'workerd',
    clock: { starts: 'the first chunk of the table', stops: 'its last one' },
    bytes: { 'seen by the browser, of all tables': seen },
    budgets: [atMost(`≤ ${MOST_BYTES_PER_ROW} B/row`, value, MOST_BYTES_PER_ROW)],
  });
}
