import { must, type CopySession, type Position } from '@millrace/kernel';
import { CacheWorld, EPOCH, ORDER, schema, SLOT } from '../fixtures/cache-world.js';
import { heldBySnapshot } from './holding.js';
import { readTables, type ReadBasis } from './read-table.js';
import { SnapshotCache } from './snapshot-cache.js';

let world: CacheWorld;
let other: CopySession;
beforeEach(async () => {
  world = await CacheWorld.create();
  other = await world.session();
});
afterEach(async () => {
  await other.close();
  await world[Symbol.asyncDispose]();
});

const read = (): Promise<ReadBasis> =>
  readTables(world.admin, { tables: schema.tables, slot: SLOT, mostMs: 30_000 }, async (_sql, basis) => basis);

/** The same, once nothing on the server runs that is older than that transaction: suites of other databases share its numbers. */
async function readAfter(xid: string): Promise<ReadBasis> {
  for (;;) {
    const basis = await read();
    if (BigInt(basis.oldestRunning) > BigInt(xid)) return basis;
    await world.clock.sleep(20);
  }
}

/** The id of a transaction that has committed by now. */
async function committed(): Promise<string> {
  const { rows } = await other.query('select pg_current_xact_id()::text as xid');
  return must(rows[0]?.['xid'], 'an xid');
}

/** One change by that transaction, as capture puts it into history later. */
async function captured(xid: string): Promise<Position> {
  const position = await world.changes('alpha', 'a');
  await world.admin.query('update sync.change_history set transaction_id = $1 where epoch = $2 and seq = $3', [
    xid,
    EPOCH,
    position.seq.toString(),
  ]);
  return position;
}

describe('how much of history rows hold', () => {
  it('is all that had committed when they were read, though capture told of it later', async () => {
    const [first, second] = [await committed(), await committed()];
    const basis = await readAfter(second);
    await captured(first);
    const last = await captured(second);
    expect((await heldBySnapshot(world.admin, basis, last))?.position).toEqual(last);
  });

  it('ends before the first transaction that came after them', async () => {
    const before = await committed();
    const basis = await readAfter(before);
    const [after, held] = [await committed(), await captured(before)];
    await captured(after);
    const last = await captured(before);
    expect((await heldBySnapshot(world.admin, basis, last))?.position).toEqual(held);
  });

  it('ends before a transaction that was running, even if a younger one had committed', async () => {
    const running = Promise.withResolvers<string>();
    const end = Promise.withResolvers<void>();
    const slow = other.transaction(async (sql) => {
      const { rows } = await sql.query('select pg_current_xact_id()::text as xid');
      running.resolve(must(rows[0]?.['xid'], 'an xid'));
      await end.promise;
    });
    const old = await running.promise;
    const { rows } = await world.admin.query('select pg_current_xact_id()::text as xid');
    const basis = await read();
    end.resolve();
    await slow;
    const young = await captured(must(rows[0]?.['xid'], 'an xid'));
    expect(await heldBySnapshot(world.admin, basis, young)).toBeNull();
    expect(await heldBySnapshot(world.admin, basis, await captured(old))).toBeNull();
  });
});

describe('a build that stays the same while history goes on', () => {
  it('is handed out at the head, so that nobody reads a tail for its sake', async () => {
    const cache = new SnapshotCache(world.options({ answerMs: 30_000 }));
    await cache.order(ORDER);
    await world.changes('alpha', 'b', 5_000);
    const head = await world.head();
    world.ahead += 3_600_000;
    const answer = await cache.order(ORDER);
    const seqs = answer.state === 'ready' ? answer.manifest.tables.map(({ position }) => position.seq) : [];
    expect(seqs).toEqual(schema.tables.map(() => head.seq.toString()));
  });

  it('is not moved past what concerns everybody, such as a mark that its table was rewritten', async () => {
    const cache = new SnapshotCache(world.options({ answerMs: 30_000 }));
    await cache.order(ORDER);
    const marked = await world.changes('alpha', 'b', 4_999);
    await world.admin.query(
      `update sync.change_history set operation = 'fill', scope_new = '*' where epoch = $1 and seq = $2`,
      [EPOCH, marked.seq.toString()],
    );
    world.ahead += 3_600_000;
    const answer = await cache.order(ORDER);
    const at = answer.state === 'ready' ? answer.manifest.tables.map(({ position }) => BigInt(position.seq)) : [];
    expect(must(at[0], 'alpha') < marked.seq).toBe(true);
    expect(at.slice(1)).toEqual([marked.seq, marked.seq]);
  });

  it('is not moved past a migration: clients take it at its place [M3]', async () => {
    const cache = new SnapshotCache(world.options({ answerMs: 30_000 }));
    await cache.order(ORDER);
    const before = await world.head();
    await world.changes('sync.client_migration', 'b');
    await world.changes('alpha', 'b', 5_000);
    world.ahead += 3_600_000;
    const answer = await cache.order(ORDER);
    const at = answer.state === 'ready' ? answer.manifest.tables.map(({ position }) => position.seq) : [];
    expect(at).toEqual(schema.tables.map(() => before.seq.toString()));
  });
});
