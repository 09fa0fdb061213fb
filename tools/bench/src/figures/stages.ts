import { connectPg } from '@millrace/postgres';
import type { Bench } from '../core/bench.js';
import { pollUntil } from '../core/poll-until.js';
import { manyTransactions } from '../support/backlog.js';
import { startBenchStack, type BenchStack } from '../support/bench-stack.js';
import { createSlot, decodeAlone } from '../support/decode-alone.js';
import { readCaptured, readHistory } from '../support/history-alone.js';
import { openReplayedClient } from '../support/replayed-client.js';
import type { Position } from '@millrace/kernel';
import { decodeStage, historyStages } from './stages/capture.js';
import { applyBulkStage, applyOneStages } from './stages/client.js';
import { deliveryStages } from './stages/delivery.js';
import { objectStages } from './stages/objects.js';

const CHANGES = 20_000;

/** Where the time of a change goes: each stage of its way alone, beside what bounds it. */
export const stagesBench: Bench = {
  id: 'stages',
  title: 'each stage of the way alone: decode, gate, history, DO write, RPC, scope, socket, apply, live query',
  async *run(context) {
    const changes = context.quick ? 6_000 : CHANGES;
    // Nobody is connected while it is captured.
    await using bench = await startBenchStack(context, { rows: changes, env: { MILLRACE_IDLE_AFTER: '0' } });
    await using replayed = await openReplayedClient(context, bench);
    await createSlot(bench, 'bench_walsender');
    await createSlot(bench, 'bench_decode');
    const backlog = manyTransactions(changes);
    const end = (await bench.headSeq()) + BigInt(changes);
    context.say(`${backlog.title} are written and captured`);
    await backlog.write(bench);
    const { stored, captured } = await readBoth(bench, replayed.position, end);

    const walsender = await decodeAlone(bench, 'bench_walsender', changes);
    yield await decodeStage(bench, 'bench_decode', changes, walsender.seconds);
    yield* historyStages(context, captured);
    yield* objectStages(context);
    yield* deliveryStages(stored);
    yield await applyBulkStage(replayed, stored);
    yield* applyOneStages(context, bench);
  },
};

async function readBoth({ stack, headSeq }: BenchStack, after: Position, end: bigint) {
  await pollUntil('all is captured', async () => (await headSeq()) >= end);
  const sql = await connectPg({ connectionString: stack.databaseUrl, applicationName: 'bench-read' });
  try {
    const upTo = { ...after, seq: end };
    return { stored: await readHistory(sql, after, upTo), captured: await readCaptured(sql, after, upTo) };
  } finally {
    await sql.close();
  }
}
