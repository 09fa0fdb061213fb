import { formatLsn, positionEquals, type Position } from '@millrace/kernel';
import { migrationOf } from '@millrace/schema-compat/testing';
import { LIMITS } from '@millrace/sync-protocol';
import fc from 'fast-check';
import { appendLarge } from './append-large.js';
import { appendTransactions } from './append.js';
import { proveCursor } from './cursor-proof.js';
import type { HistoryTransaction } from './history-transaction.js';
import { PAGE_SQL, readPage, type PageRequest } from './page.js';
import { RANGE_SQL, readRange } from './range.js';
import { beginEpoch, readEpochs, readPosition, readReplicationState } from './replication-state.js';
import { ROW_HISTORY_SQL, rowHistory } from './row-history.js';
import { VERSION_AT_SQL, schemaVersionAt } from './schema-catalogue.js';
import { partFor } from './tail.js';
import { toHistory } from './to-history.js';
import type { CapturedChange, CapturedTransaction } from './transaction.js';
import {
  EPOCH,
  SLOT,
  deleteOf,
  historyWorld,
  insertOf,
  item,
  itemsSchema,
  mutationOf,
  stepOf,
  transactionAt,
  updateOf,
  type HistoryWorld,
} from './testing/history-world.js';
import { VERDICTS_SQL, readVerdicts } from './verdicts.js';

const CLIENT = '11111111-1111-4111-8111-111111111111';
let world: HistoryWorld;
beforeEach(async () => {
  world = await historyWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

/** All pages from a cursor to the end. */
async function pages(request: Omit<PageRequest, 'upTo'>): Promise<HistoryTransaction[]> {
  const upTo = world.head.position;
  const all: HistoryTransaction[] = [];
  for (let { after } = request; ; ) {
    const result = await readPage(world.sql, { ...request, after, upTo });
    if (result.kind !== 'page') throw new Error(result.kind);
    expect(result.page.from).toEqual(after);
    all.push(...result.page.transactions);
    after = result.page.to;
    expect(result.complete).toBe(positionEquals(after, upTo));
    if (result.complete) return all;
  }
}

describe('append', () => {
  test('[H3] rows, chain and state move together, and a reader gets the same transaction back', async () => {
    const appended = await world.append(
      [insertOf(item('1', 'a')), insertOf(item('2', 'b'))],
      [updateOf(item('1', 'a'), item('1', 'b', 'new'))],
      [deleteOf(item('2', 'b')), mutationOf(CLIENT, 1)],
    );
    expect(await readPosition(world.sql, SLOT)).toEqual(world.head.position);
    expect(world.head.position.seq).toBe(5n);
    const rowKeys = ['tenantId=a', 'tenantId=b', `client=${CLIENT}`];
    expect(await pages({ after: world.start, rowKeys })).toEqual(appended);
    expect(await readRange(world.sql, world.start, world.head.position)).toEqual({
      from: world.start,
      to: world.head.position,
      transactions: appended,
    });
  });

  test('[H3] a writer whose state is old stores nothing, in one statement and in parts', async () => {
    await world.append([insertOf(item('0', 'a'))]);
    const stale = world.head;
    await world.append([insertOf(item('1', 'a'))]);
    const many = Array.from({ length: 6_000 }, (_none, index) => insertOf(item(String(index), 'a')));
    for (const changes of [[insertOf(item('9', 'a'))], [insertOf(item('8', 'a')), insertOf(item('9', 'a'))], many]) {
      const attempt = appendTransactions(world.sql, {
        slot: SLOT,
        schema: itemsSchema,
        source: { decoder: 'pgoutput', reader: 'poll' },
        from: stale,
        transactions: [transactionAt(500, ...changes)],
      });
      await expect(attempt).rejects.toMatchObject({ code: 'second-writer' });
    }
    const { rows } = await world.sql.query('select count(*)::text as n from sync.change_history');
    expect(rows).toEqual([{ n: '2' }]);
  });

  test('[H2] a transaction that is persisted already never gets a second seq: it is refused, not ignored', async () => {
    await world.append([insertOf(item('1', 'a'))]);
    const again = appendTransactions(world.sql, {
      slot: SLOT,
      schema: itemsSchema,
      source: { decoder: 'pgoutput', reader: 'stream' },
      from: world.head,
      transactions: [transactionAt(110, insertOf(item('1', 'a')))],
    });
    await expect(again).rejects.toMatchObject({ code: 'assertion-failed' });
  });

  test('a stretch that crosses into a partition that is not there yet makes it', async () => {
    const head = { ...world.head, position: { ...world.head.position, seq: 4_999_998n } };
    await world.sql.query('update sync.replication_state set last_seq = 4999998');
    world.head = head;
    await world.append([1, 2, 3, 4].map((id) => insertOf(item(String(id), 'a'))));
    const { rows } = await world.sql.query(
      'select tableoid::regclass::text as part, count(*)::text as n from sync.change_history group by 1 order by 1',
    );
    expect(rows.map(({ n }) => n)).toEqual(['1', '3']);
  });
});

describe('appendLarge', () => {
  const captured = (lsn: number, changes: readonly CapturedChange[]) => transactionAt(lsn, ...changes);
  const changes = [
    ...Array.from({ length: 40 }, (_none, index) => insertOf(item(String(index), `t${index % 3}`))),
    mutationOf(CLIENT, 1),
  ];
  async function* piecesOf(transaction: CapturedTransaction, ...sizes: readonly number[]) {
    let at = 0;
    for (const size of sizes) yield transaction.changes.slice(at, (at += size));
    yield transaction.changes.slice(at);
    return transaction.endLsn;
  }
  const large = (transaction: CapturedTransaction, ...sizes: readonly number[]) =>
    appendLarge(world.sql, {
      slot: SLOT,
      schema: itemsSchema,
      source: { decoder: 'pgoutput', reader: 'stream' },
      from: world.head,
      transaction,
      pieces: () => piecesOf(transaction, ...sizes),
    });

  test('[H3] piece by piece, the same rows, chain and state as in one, and nothing of it in memory (I11)', async () => {
    const transaction = captured(500, changes);
    const { head, transactions } = await large(transaction, 7, 0, 20, 1);
    const [told] = transactions;
    expect(told).toMatchObject({ position: head.position, firstSeq: 1n, entries: [], mutation: { mutationId: 1 } });
    expect([...(told?.unloaded?.rowKeys ?? [])].sort()).toEqual([
      `client=${CLIENT}`,
      'tenantId=t0',
      'tenantId=t1',
      'tenantId=t2',
    ]);
    expect(await readReplicationState(world.sql, SLOT)).toMatchObject({ position: head.position, lastEndLsn: 508n });
    const [stored] = (await readRange(world.sql, world.start, head.position)).transactions;
    const inOne = toHistory(
      { ...transaction, changes: changes.slice(0, 40) },
      { schema: itemsSchema, source: { decoder: 'pgoutput', reader: 'stream' }, after: world.start },
    );
    expect(stored?.entries.slice(0, 40)).toEqual(inOne.transaction.entries);
    expect(await proveCursor(world.sql, head.position, head.position)).toBe('proven');

    const plain = changes.slice(0, 40);
    world.head = head;
    const first = await large(captured(600, plain), 13, 13);
    const expected = toHistory(captured(600, plain), {
      schema: itemsSchema,
      source: { decoder: 'pgoutput', reader: 'stream' },
      after: head.position,
    });
    expect(first.head.position).toEqual(expected.transaction.position);
  });

  test('[H3] a writer whose state is old, and one whose reader fails half way, store nothing', async () => {
    const transaction = captured(500, changes);
    await world.sql.query("update sync.replication_state set last_commit_lsn = '00000000/00000001'");
    await expect(large(transaction, 5)).rejects.toMatchObject({ code: 'second-writer' });
    await world.sql.query('update sync.replication_state set last_commit_lsn = $1', [
      formatLsn(world.head.lastCommitLsn),
    ]);
    const failing = async function* () {
      yield transaction.changes.slice(0, 30);
      throw new Error('the stream ended');
    };
    await expect(
      appendLarge(world.sql, {
        slot: SLOT,
        schema: itemsSchema,
        source: { decoder: 'pgoutput', reader: 'stream' },
        from: world.head,
        transaction,
        pieces: failing,
      }),
    ).rejects.toThrow('the stream ended');
    expect((await world.sql.query('select count(*) as n from sync.change_history')).rows[0]).toEqual({ n: '0' });
    expect((await large(transaction, 5)).head.position.seq).toBe(41n);
  });

  test('(I11) a range that was not announced tells of a very large transaction without its entries, alone', async () => {
    await world.append([insertOf(item('x', 'a'))]);
    const small = world.head.position;
    await world.append(Array.from({ length: 20_001 }, (_none, index) => insertOf(item(String(index), 'a'))));
    const huge = world.head.position;
    await world.append([insertOf(item('y', 'a'))]);
    const end = world.head.position;
    const ranges = [];
    for (let from = world.start; from.seq < end.seq; ) {
      const range = await readRange(world.sql, from, end);
      ranges.push(range.transactions.map(({ entries, unloaded }) => (unloaded ? 'unloaded' : entries.length)));
      expect(range.from).toEqual(from);
      from = range.to;
      expect([small, huge, end]).toContainEqual(from);
    }
    expect(ranges).toEqual([[1], ['unloaded'], [1]]);
  });
});

describe('readPage', () => {
  const CHANGE = fc.oneof(
    fc.record({ kind: fc.constant('insert' as const), tenant: fc.constantFrom('a', 'b', 'c'), to: fc.constant('') }),
    fc.record({
      kind: fc.constant('move' as const),
      tenant: fc.constantFrom('a', 'b', 'c'),
      to: fc.constantFrom('a', 'b', 'c'),
    }),
    fc.record({ kind: fc.constant('delete' as const), tenant: fc.constantFrom('a', 'b', 'c'), to: fc.constant('') }),
  );

  test('[D2] holds exactly the touched part of each transaction, whole, whatever the page size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(CHANGE, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 }),
        fc.subarray(['tenantId=a', 'tenantId=b', 'tenantId=c', '*']),
        fc.integer({ min: 1, max: 8 }),
        async (script, rowKeys, maxEntries) => {
          const after = world.head.position;
          const appended = await world.append(
            ...script.map((changes) =>
              changes.map(({ kind, tenant, to }) =>
                kind === 'insert'
                  ? insertOf(item('1', tenant))
                  : kind === 'delete'
                    ? deleteOf(item('1', tenant))
                    : updateOf(item('1', tenant), item('1', to, 'm')),
              ),
            ),
          );
          const keys = new Set(rowKeys);
          const expected = appended.flatMap((transaction) => partFor(transaction, keys) ?? []);
          expect(await pages({ after, rowKeys, maxEntries })).toEqual(expected);
          expect(await pages({ after, rowKeys, maxChars: maxEntries * 60 })).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('[H5] nothing above the given end is served, and only a cursor of this history is continued', async () => {
    const [first, second, third] = await world.append(
      [insertOf(item('1', 'a')), insertOf(item('2', 'a'))],
      [insertOf(item('3', 'a'))],
      [insertOf(item('4', 'a'))],
    );
    const upTo = (second as HistoryTransaction).position;
    const read = (after: Position, end: Position = upTo) =>
      readPage(world.sql, { after, upTo: end, rowKeys: ['tenantId=a'] });
    expect(await read(world.start)).toMatchObject({
      kind: 'page',
      complete: true,
      page: { to: upTo, transactions: [first, second] },
    });
    expect(await read(upTo)).toMatchObject({ kind: 'page', complete: true, page: { transactions: [] } });
    const position = (first as HistoryTransaction).position;
    expect(await read({ ...position, chain: 'f00d' })).toEqual({ kind: 'cursor-unknown' });
    expect(await read({ ...position, seq: 1n })).toEqual({ kind: 'cursor-unknown' });
    expect(await read((third as HistoryTransaction).position)).toEqual({ kind: 'cursor-unknown' });
    expect(await read({ ...position, epoch: CLIENT })).toEqual({ kind: 'epoch-changed' });
    expect(await read(position, { ...upTo, chain: 'f00d' })).toEqual({ kind: 'epoch-changed' });
    await world.sql.query('delete from sync.change_history where seq <= 2');
    expect(await read(world.start)).toEqual({ kind: 'below-horizon' });
  });

  test('[S2] what the rows of a table hold already is left out, by table and up to its seq', async () => {
    const client = '11111111-1111-4111-8111-111111111111';
    const [first] = await world.append([insertOf(item('1', 'a')), mutationOf(client, 1)]);
    const [second] = await world.append([insertOf(item('2', 'a'))]);
    const read = (held: Record<string, string>) =>
      readPage(world.sql, {
        after: world.start,
        upTo: world.head.position,
        rowKeys: ['tenantId=a', `client=${client}`],
        held,
      });
    const seen = async (held: Record<string, string>) => {
      const result = await read(held);
      return result.kind === 'page' && result.page.transactions.map(({ entries }) => entries.map(({ seq }) => seq));
    };
    expect(await seen({})).toEqual([[1n, 2n], [3n]]);
    expect(await seen({ other: '9' })).toEqual([[1n, 2n], [3n]]);
    expect(await seen({ items: String(first?.position.seq) })).toEqual([[2n], [3n]]);
    expect(await seen({ items: String(second?.position.seq) })).toEqual([[2n]]);
  });

  test('[M4] a fill mark is stored with its cause, concerns everybody, and keeps its place in the chain', async () => {
    const mark = { table: 'items', operation: 'fill', newRow: null, oldRow: null, unchangedToast: [] } as const;
    const [marked] = await world.append(
      [{ ...mark, recordLsn: null, cause: 'late-table' }],
      [insertOf(item('1', 'a'))],
    );
    expect(marked?.entries).toMatchObject([{ operation: 'fill', cause: 'late-table', scopeNew: '*' }]);
    const result = await readPage(world.sql, { after: world.start, upTo: world.head.position, rowKeys: ['*'] });
    expect(result).toEqual({
      kind: 'page',
      complete: true,
      page: { from: world.start, to: world.head.position, transactions: [marked] },
    });
  });

  test('[D4] a transaction above a page is returned alone; above the limits it is named, not cut', async () => {
    const rows = (count: number) => Array.from({ length: count }, (_none, index) => insertOf(item(String(index), 'a')));
    const [small] = await world.append([insertOf(item('x', 'a'))]);
    const [large] = await world.append(rows(50));
    const [huge] = await world.append(rows(LIMITS.transactionRows + 1));
    const read = (after: Position) =>
      readPage(world.sql, { after, upTo: world.head.position, rowKeys: ['tenantId=a'], maxEntries: 10 });
    expect(await read(world.start)).toMatchObject({ kind: 'page', complete: false, page: { to: small?.position } });
    expect(await read((small as HistoryTransaction).position)).toEqual({
      kind: 'page',
      complete: false,
      page: { from: small?.position, to: large?.position, transactions: [large] },
    });
    expect(await read((large as HistoryTransaction).position)).toEqual({
      kind: 'transaction-too-large',
      position: huge?.position,
      tables: ['items'],
    });
    expect(
      await readPage(world.sql, {
        after: (large as HistoryTransaction).position,
        upTo: world.head.position,
        rowKeys: ['tenantId=a'],
        held: { items: String(huge?.position.seq) },
      }),
    ).toMatchObject({ kind: 'page', complete: true, page: { transactions: [] } });
    expect(
      await readPage(world.sql, {
        after: (large as HistoryTransaction).position,
        upTo: world.head.position,
        rowKeys: ['tenantId=b'],
        maxEntries: 10,
      }),
    ).toMatchObject({ kind: 'page', complete: true });
  });
});

test('[E2] a new epoch continues seq; its start is a cursor that can be continued', async () => {
  await world.append([insertOf(item('1', 'a'))]);
  const old = world.head.position;
  const start = await beginEpoch(world.sql, {
    slot: SLOT,
    epoch: CLIENT,
    cause: 'slot-missing',
    afterSeq: old.seq,
    startLsn: 900n as never,
    systemIdentifier: '1',
    timeline: 1,
    schemaVersion: '1.0.0',
  });
  expect(start.seq).toBe(1n);
  // A commit record may lie exactly at the slot's consistent point: it is new.
  expect((await readReplicationState(world.sql, SLOT))?.lastCommitLsn).toBe(899n);
  expect((await readEpochs(world.sql, SLOT)).map(({ cause, firstSeq }) => [cause, firstSeq])).toEqual([
    ['slot-missing', 2n],
    ['first-start', 1n],
  ]);
  expect(await readPage(world.sql, { after: start, upTo: start, rowKeys: [] })).toMatchObject({
    kind: 'page',
    complete: true,
  });
  expect(await readPage(world.sql, { after: old, upTo: start, rowKeys: [] })).toEqual({ kind: 'epoch-changed' });
});

test('[W5] verdicts of a client at or below a position, in order, over more than one batch', async () => {
  const reason = '{"code": "unique", "message": "taken"}';
  await world.append(
    [mutationOf(EPOCH, 1)],
    ...Array.from({ length: 450 }, (_none, index) => [
      mutationOf(CLIENT, index + 1, index === 440 ? 'rejected' : 'accepted', index === 440 ? reason : null),
    ]),
  );
  const upTo = { ...world.head.position, seq: 446n };
  const verdicts = await readVerdicts(world.sql, { clientId: CLIENT, afterMutation: 3, upTo });
  expect(verdicts.map(({ mutationId }) => mutationId)).toEqual(
    Array.from({ length: 442 }, (_none, index) => index + 4),
  );
  expect(verdicts[437]).toEqual({
    clientId: CLIENT,
    mutationId: 441,
    txId: 'tx-441',
    verdict: 'rejected',
    reason: { code: 'unique', message: 'taken' },
  });
  expect(await readVerdicts(world.sql, { clientId: CLIENT, afterMutation: 445, upTo })).toEqual([]);
});

test('[E2] (I9) a mutation that an ended epoch never captured has its verdict, once', async () => {
  await world.append([mutationOf(CLIENT, 2)]);
  await world.sql.query(`insert into sync.client_status (client_id, sub) values ('${CLIENT}', 'ada')`);
  const row = (id: number, txId: string, verdict: string) =>
    `('${CLIENT}', ${id}, '${txId}', 'ada', '99999999-9999-4999-8999-999999999999', '1.0.0', '${verdict}')`;
  const lost = '22222222-2222-4222-8222-222222222222';
  const settled = '33333333-3333-4333-8333-333333333333';
  await world.sql.query(
    `insert into sync.client_mutation (client_id, mutation_id, tx_id, sub, epoch, schema_version, verdict) values ${row(1, settled, 'accepted')}, ${row(3, lost, 'merged')}`,
  );
  const verdicts = await readVerdicts(world.sql, { clientId: CLIENT, afterMutation: 1, upTo: world.head.position });
  expect(verdicts.map(({ mutationId, verdict }) => [mutationId, verdict])).toEqual([
    [2, 'accepted'],
    [3, 'merged'],
  ]);
});

test('row history: the versions of one row, newest first, up to a position', async () => {
  await world.append(
    [insertOf(item('1', 'a'))],
    [updateOf(item('1', 'a'), item('1', 'a', 'two')), insertOf(item('2', 'a'))],
    [deleteOf(item('1', 'a', 'two')), mutationOf(CLIENT, 7)],
  );
  const request = { table: itemsSchema.tables[0] as (typeof itemsSchema.tables)[0], key: { id: '1' }, limit: 10 };
  const versions = await rowHistory(world.sql, { ...request, upTo: world.head.position });
  expect(versions.map(({ entry, clientId }) => [entry.operation, entry.data, clientId])).toEqual([
    ['delete', null, CLIENT],
    ['update', { name: 'two' }, null],
    ['insert', item('1', 'a'), null],
  ]);
  expect(await rowHistory(world.sql, { ...request, upTo: { ...world.head.position, seq: 1n } })).toHaveLength(1);
});

test('[M2] the version switches at a migration’s row, within a transaction and between them, and readers find it', async () => {
  const [items] = itemsSchema.tables as [(typeof itemsSchema.tables)[0]];
  const renamed = { ...items, name: 'things' };
  const migration = migrationOf({ before: itemsSchema, after: { version: '2.0.0', tables: [renamed] } });
  const thing = (id: string) => ({ ...insertOf(item(id, 'a')), table: 'things' });
  const appended = await world.append(
    [insertOf(item('1', 'a'))],
    [insertOf(item('2', 'a')), stepOf(migration), thing('3')],
    [thing('4')],
    [stepOf(migration, 'down', 2)],
    [insertOf(item('5', 'a'))],
  );
  expect(appended.map(({ schemaVersion }) => schemaVersion)).toEqual(['1.0.0', '2.0.0', '2.0.0', '1.0.0', '1.0.0']);
  expect(await pages({ after: world.start, rowKeys: ['tenantId=a', '*'] })).toEqual(appended);
  const { rows } = await world.sql.query('select schema_version from sync.change_history order by seq');
  const stamped = rows.map((row) => row['schema_version']);
  expect(stamped).toEqual(['1.0.0', '1.0.0', '2.0.0', '2.0.0', '2.0.0', '1.0.0', '1.0.0']);
  const versions = await Promise.all(
    [0n, ...stamped.map((_version, index) => BigInt(index) + 1n)].map((seq) =>
      schemaVersionAt(world.sql, { ...world.start, seq }),
    ),
  );
  expect(versions).toEqual(['1.0.0', ...stamped]);
  expect((await readReplicationState(world.sql, SLOT))?.schemaVersion).toBe('1.0.0');
});

test('every query is held to index scans on a filled table', async () => {
  for (let block = 0; block < 4; block++) {
    await world.append(
      ...Array.from({ length: 500 }, (_none, index) => [
        insertOf(item(String(block * 500 + index), `t${index % 50}`)),
        updateOf(item('1', `t${index % 50}`), item('1', `t${(index + 1) % 50}`)),
        mutationOf(index % 2 ? CLIENT : EPOCH, index),
      ]),
    );
  }
  await world.sql.query('analyze sync.change_history');
  const plan = async (sql: string, ...params: (string | string[])[]) => {
    const { rows } = await world.sql.query(`explain ${sql}`, params);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  const plans = {
    page: await plan(PAGE_SQL, EPOCH, ['tenantId=t1', 'tenantId=t2', '*'], '5900', '6000', '5001', '{}', '4000000'),
    range: await plan(RANGE_SQL, EPOCH, '5900', '6000'),
    verdicts: await plan(VERDICTS_SQL, `client=${CLIENT}`, '6000', 'sync.client_mutation'),
    versionBelow: await plan(VERSION_AT_SQL.below, EPOCH, '5000'),
    firstStep: await plan(VERSION_AT_SQL.firstStep, EPOCH),
    rowHistory: await plan(ROW_HISTORY_SQL, 'items', '["7"]', '6000', '10'),
    byTransaction: await plan('select seq from sync.change_history where transaction_id = $1', '200'),
    byClient: await plan(
      'select seq from sync.change_history where client_id = $1 and seq > $2 order by seq limit 10',
      CLIENT,
      '10',
    ),
  };
  for (const [name, text] of Object.entries(plans)) {
    expect({ name, sequential: /Seq Scan on change_history/.test(text) ? text : false }).toEqual({
      name,
      sequential: false,
    });
    expect(text).toMatch(/Index (Only )?Scan|Bitmap Index Scan/);
  }
});
