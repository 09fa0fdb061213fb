import { appendTransactions, type CapturedTransaction } from '@millrace/change-history';
import { schema } from '@millrace/db';
import { LSN_ZERO, type Lsn, type SqlConnection } from '@millrace/kernel';
import { migrateEngine } from '@millrace/migrations-server';
import { connectPg, openPgReplicationStream } from '@millrace/postgres';
import { createPgoutputDecoder } from '@millrace/replication';
import { acquireDatabase } from '@millrace/testing-harness';
import { createHash } from 'node:crypto';
import type { BenchContext } from '../../core/bench.js';
import type { Figure } from '../../core/figure.js';
import { median } from '../../core/percentile.js';
import type { BenchStack } from '../../support/bench-stack.js';
import { APPEND_SLOT, emptyHistory } from '../../support/history-alone.js';
import { stageFigure, timings } from './stage-figure.js';

const TIMES = 200;
const BULK = 5_000;

interface Payload {
  readonly bytes: Uint8Array;
  readonly lsn: Lsn;
}

/** From the socket's bytes to transactions: our half of decoding. */
export async function decodeStage(
  bench: BenchStack,
  slot: string,
  transactions: number,
  walsenderSeconds: number,
): Promise<Figure> {
  const payloads = await readPayloads(bench, slot, transactions);
  const runs = await timings(5, async () => {
    const decoder = createPgoutputDecoder({ schema, reportUnknown: () => undefined });
    for (const { bytes, lsn } of payloads) decoder.decode(bytes, lsn);
  });
  const perChange = (ms: number): number => (ms * 1_000) / transactions;
  return stageFigure({
    id: 'decode',
    title: 'decode: one-row transactions out of pgoutput',
    unit: 'µs',
    value: perChange(median(runs)),
    limit: {
      value: (walsenderSeconds * 1e6) / transactions,
      of: "Postgres' own decoding of the same transactions, as it sends them",
    },
    process: 'this Node process; in the product the ReplicationDO',
    covers: `decoding ${transactions.toLocaleString('en')} transactions that are in memory, per change`,
  });
}

async function readPayloads({ stack }: BenchStack, slot: string, transactions: number): Promise<readonly Payload[]> {
  const open = openPgReplicationStream(stack.databaseUrl, 'bench-decode');
  const stream = await open({
    slot,
    startLsn: LSN_ZERO,
    pluginOptions: { proto_version: '1', publication_names: 'millrace' },
  });
  const payloads: Payload[] = [];
  let commits = 0;
  for await (const message of stream.messages()) {
    if (message.kind !== 'data') continue;
    payloads.push({ bytes: message.payload, lsn: message.walStart });
    if (message.payload[0] === 0x43 && ++commits === transactions) break;
  }
  await stream.close();
  return payloads;
}

/** Gate and history, each with the round trip that it cannot do without. */
export async function* historyStages(
  context: BenchContext,
  captured: readonly CapturedTransaction[],
): AsyncGenerator<Figure, void, void> {
  await using database = await context.own(await acquireDatabase({ serverUrl: context.postgres.url }));
  await migrateEngine({ url: database.url });
  const sql = await connectPg({ connectionString: database.url, applicationName: 'bench-stages' });
  try {
    yield await gateStage(sql);
    yield* appendStages(sql, captured);
  } finally {
    await sql.close();
  }
}

async function gateStage(sql: SqlConnection): Promise<Figure> {
  const roundTrip = await timings(TIMES, () => sql.query('select 1'));
  // As the gate asks: is this transaction visible to whoever looks now?
  const gate = await timings(TIMES, () =>
    sql.query(
      'select pg_visible_in_snapshot(x.xid, s.snapshot)::text from (select pg_current_snapshot() as snapshot) s, unnest($1::xid8[]) as x (xid)',
      [['1000']],
    ),
  );
  return stageFigure({
    id: 'gate',
    title: 'gate: one question to Postgres [H1]',
    unit: 'ms',
    value: median(gate),
    limit: { value: median(roundTrip), of: '`select 1` on the same session' },
    process: 'this Node process and Postgres; in the product the ReplicationDO',
    covers: 'the query',
  });
}

async function* appendStages(
  sql: SqlConnection,
  captured: readonly CapturedTransaction[],
): AsyncGenerator<Figure, void, void> {
  const source = { decoder: 'pgoutput', reader: 'stream' } as const;
  let from = await emptyHistory(sql);
  const append = async (transactions: readonly CapturedTransaction[]): Promise<void> => {
    const append = { slot: APPEND_SLOT, schema, source, createHash, from, transactions };
    ({ head: from } = await appendTransactions(sql, append));
  };
  await sql.query('create table bare (id bigint primary key, content text)');
  const commit = await timings(TIMES, (n) => sql.query('insert into bare values ($1, $2)', [String(n), 'x']));
  const single = await timings(TIMES, (n) => append(captured.slice(n, n + 1)));
  yield stageFigure({
    id: 'history-one',
    title: 'history: one transaction of one row',
    unit: 'ms',
    value: median(single),
    limit: { value: median(commit), of: 'an INSERT of one row into a bare table: one commit, flushed' },
    process: 'this Node process and Postgres; in the product the ReplicationDO',
    covers: 'rows, chain and state in one statement, until it is committed',
  });

  const bulk = captured.slice(TIMES, TIMES + BULK);
  const [took = 0] = await timings(1, () => append(bulk));
  await sql.query('create table copied (like sync.change_history including all)');
  const [copied = 0] = await timings(1, () =>
    sql.query('insert into copied select * from sync.change_history order by seq desc limit $1', [String(bulk.length)]),
  );
  yield stageFigure({
    id: 'history-bulk',
    title: `history: ${bulk.length.toLocaleString('en')} transactions of one row in one turn`,
    unit: 'µs',
    value: (took * 1_000) / bulk.length,
    limit: {
      value: (copied * 1_000) / bulk.length,
      of: 'INSERT … SELECT of the same rows inside Postgres, same indexes',
    },
    process: 'this Node process and Postgres; in the product the ReplicationDO',
    covers: 'making the rows, their chain, and storing them, per change',
  });
}
