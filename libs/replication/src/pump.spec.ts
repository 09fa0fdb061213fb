import type { HistoryTransaction } from '@millrace/change-history';
import { lsnFrom, type Lsn, type SqlConnection } from '@millrace/kernel';
import { manualClock } from '@millrace/testing';
import { createPumpQueue } from './pump-queue.js';
import { FillMarks } from './fill-marks.js';
import { runPump } from './pump.js';
import type { DecodedTransaction } from './decoder.js';
import { schemaOf } from './testing/schemas.js';

const lsn = (value: number): Lsn => lsnFrom(BigInt(value));
const schema = schemaOf({ name: 'items', key: ['id'], columns: ['id:integer'] });
const start = {
  position: { epoch: '00000000-0000-4000-8000-000000000001', seq: 0n, chain: 'c' },
  lastCommitLsn: lsn(100),
  lastEndLsn: lsn(101),
};

const transaction = (at: number, changes = 1, records: readonly number[] = []): DecodedTransaction => ({
  xid: at,
  commitLsn: lsn(at),
  endLsn: lsn(at + 1),
  commitTime: '2026-01-01 00:00:00+00',
  bytes: 10,
  changes: Array.from({ length: changes }, (_none, index) => ({
    table: 'items',
    operation: 'insert',
    newRow: { id: '1' },
    oldRow: null,
    unchangedToast: [],
    recordLsn: records[index] === undefined ? null : lsn(records[index]),
  })),
});

/** A pump whose every effect is recorded, in order. */
function recordedPump(visible: () => readonly string[] = () => ['true', 'true', 'true', 'true']) {
  const effects: string[] = [];
  const history: HistoryTransaction[] = [];
  const abort = new AbortController();
  const queue = createPumpQueue({ maxBytes: 1_000, signal: abort.signal });
  const query: SqlConnection['query'] = (sql) => {
    if (sql.includes('pg_visible_in_snapshot'))
      return Promise.resolve({ rows: visible().map((each) => ({ visible: each })), rowCount: 0 });
    if (sql.includes('update sync.replication_state')) effects.push('history');
    return Promise.resolve({ rows: [{ moved: '1' }], rowCount: 1 });
  };
  const sql: SqlConnection = {
    query,
    transaction: async (work) => work({ query, transaction: () => Promise.reject(new Error('nested')) }),
  };
  const clock = manualClock();
  const ended = runPump({
    sql,
    queue,
    slot: 's',
    inForce: { schema },
    source: { decoder: 'pgoutput', reader: 'stream' },
    head: start,
    slotTarget: lsn(101),
    fillMarks: new FillMarks(schema, new Map([['items', 'as before']])),
    nearXid: 200n,
    store: {
      load: () => Promise.resolve(null),
      loadSignatures: () => Promise.resolve(null),
      loadWritings: () => Promise.resolve(null),
      saveWritings: () => Promise.resolve(),
      loadMemberships: () => Promise.resolve(null),
      saveMemberships: () => Promise.resolve(),
      saveSignatures: (signatures) => {
        effects.push(`signatures of ${[...signatures.keys()].join()}`);
        return Promise.resolve();
      },
      save: ({ seq, slotTarget }) => {
        effects.push(`store ${seq} ${slotTarget}`);
        return Promise.resolve();
      },
    },
    switched: () => Promise.resolve(),
    confirm: (to) => {
      effects.push(`confirm ${to}`);
      return Promise.resolve();
    },
    idleConfirmMs: 1_000,
    observer: {
      stepped: () => undefined,
      persisted: (transactions, from, to) => {
        history.push(...transactions);
        effects.push(`bells ${transactions.length} ${from.seq}-${to.seq}`);
      },
      passed: (to) => void effects.push(`passed ${to}`),
      gateWaiting: (waiting) => void effects.push(`gate ${waiting}`),
    },
    clock,
    signal: abort.signal,
  }).catch((error: unknown) => error);
  return { effects, history, queue, clock, stop: () => (abort.abort(new Error('over')), ended) };
}

test('[H4] history, then the store, then the slot, then the bells: in this order and no other', async () => {
  const { effects, queue, stop } = recordedPump();
  void queue.put({ kind: 'transaction', transaction: transaction(110, 2) });
  void queue.put({ kind: 'reached', lsn: lsn(150) });
  await queue.drained();
  expect(effects).toEqual(['history', 'store 2 150', 'confirm 150', 'bells 1 0-2', 'passed 150']);
  await stop();
});

test('[M4] a table that was altered: its mark is history before its columns are known, and those before the slot moves', async () => {
  const { effects, history, queue, stop } = recordedPump();
  const signatures = new Map([['items', 'altered']]);
  void queue.put({ kind: 'transaction', transaction: { ...transaction(110), signatures } });
  void queue.put({ kind: 'transaction', transaction: { ...transaction(120), signatures } });
  await queue.drained();
  expect(effects).toEqual([
    'history',
    'signatures of items',
    'store 3 121',
    'confirm 121',
    'bells 2 0-3',
    'passed 121',
  ]);
  expect(history.map(({ entries }) => entries.map(({ operation }) => operation))).toEqual([
    ['fill', 'insert'],
    ['insert'],
  ]);
  await stop();
});

test('[H2] what is at or below the last persisted commit is dropped whole, before it gets a seq', async () => {
  const { effects, queue, stop } = recordedPump();
  for (const at of [90, 100, 110]) void queue.put({ kind: 'transaction', transaction: transaction(at) });
  await queue.drained();
  expect(effects.filter((effect) => effect.startsWith('bells'))).toEqual(['bells 1 0-1']);
  await queue.put({ kind: 'transaction', transaction: transaction(110) });
  await queue.drained();
  expect(effects.filter((effect) => effect === 'history')).toHaveLength(1);
  await stop();
});

test('[M1] overlapping transactions keep the order of their commits, and every change, whatever their record LSNs', async () => {
  const { history, queue, stop } = recordedPump();
  void queue.put({ kind: 'transaction', transaction: transaction(120, 1, [112]) });
  void queue.put({ kind: 'transaction', transaction: transaction(130, 2, [111, 125]) });
  await queue.drained();
  expect(history.map(({ commitLsn, entries }) => [commitLsn, entries.map(({ seq }) => seq)])).toEqual([
    [lsn(120), [1n]],
    [lsn(130), [2n, 3n]],
  ]);
  await stop();
});

test('[C8] an empty transaction writes no history; the slot follows at most once an interval, and is stored before it moves', async () => {
  const { effects, queue, clock, stop } = recordedPump();
  const idle = async (at: number) => {
    await queue.put({ kind: 'transaction', transaction: transaction(at, 0) });
    await queue.drained();
  };
  await idle(200);
  await idle(300);
  clock.advance(1_000);
  await idle(400);
  expect(effects).toEqual([
    'passed 201',
    'store 0 201',
    'confirm 201',
    'passed 301',
    'passed 401',
    'store 0 401',
    'confirm 401',
  ]);
  await stop();
});

test('[F8] the last mark before a silence comes again when the slot may follow; one on which the reader waits, at once', async () => {
  const { effects, queue, clock, stop } = recordedPump();
  const reach = async (at: number, follow = false) => {
    await queue.put({ kind: 'reached', lsn: lsn(at), follow });
    await queue.drained();
    return effects.splice(0);
  };
  expect(await reach(200)).toEqual(['passed 200', 'store 0 200', 'confirm 200']);
  expect(await reach(300)).toEqual(['passed 300']);
  expect(await reach(310)).toEqual(['passed 310']);
  clock.advance(1_000);
  await queue.drained();
  expect(effects.splice(0)).toEqual(['passed 310', 'store 0 310', 'confirm 310']);
  expect(await reach(400, true)).toEqual(['passed 400', 'store 0 400', 'confirm 400']);
  expect(await reach(390, true)).toEqual(['passed 390']);
  await stop();
  expect(clock.nextAt()).toBeNull();
});

test('[C5] a mark that comes again behind a transaction does not say less than that', async () => {
  const { effects, queue, stop } = recordedPump();
  void queue.put({ kind: 'transaction', transaction: transaction(110) });
  void queue.put({ kind: 'reached', lsn: lsn(105) });
  await queue.drained();
  expect(effects).toEqual(['history', 'store 1 111', 'confirm 111', 'bells 1 0-1', 'passed 111']);
  await stop();
});

test('[H1] the gate lets through what is visible, in order, and holds the rest back', async () => {
  const answers = [
    ['false', 'true', 'true'],
    ['true', 'false', 'true'],
    ['true', 'true'],
  ];
  const { effects, queue, clock, stop } = recordedPump(() => answers.shift() as string[]);
  for (const at of [110, 120, 130]) void queue.put({ kind: 'transaction', transaction: transaction(at) });
  // Bounded: without a gate nobody sleeps, and a loop of microtasks alone would outlive every time-out.
  for (let turns = 0; turns < 1_000 && clock.nextAt() === null; turns++) await Promise.resolve();
  expect(effects).toEqual(['gate true']);
  clock.advance(50);
  await queue.drained();
  expect(effects.filter((effect) => /bells|gate/.test(effect))).toEqual([
    'gate true',
    'gate false',
    'bells 1 0-1',
    'bells 2 1-3',
  ]);
  await stop();
});
