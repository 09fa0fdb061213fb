import type { HistoryTransaction } from '@millrace/change-history';
import { positionEquals, type Position } from '@millrace/kernel';
import { captureWorld, type CaptureWorld } from './testing/capture-world.js';
import { describeEachDecoder } from './testing/each-decoder.js';
import { mortal } from './testing/mortal.js';

/** For tests that end a session dozens of times: each comes back after a backoff. */
const MANY_SESSIONS_MS = 240_000;

let world: CaptureWorld;
beforeEach(async () => {
  world = await captureWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

/** The ids of the rows in history, in its order, with the density of seq checked. */
async function idsInHistory({ history }: CaptureWorld): Promise<number[]> {
  const rows = await history("table_name = 'items'");
  return rows.map((row) => Number((JSON.parse(row['data'] as string) as { id: string }).id));
}

async function expectDense({ sql }: CaptureWorld): Promise<void> {
  const { rows } = await sql.query(
    'select min(seq) as first, max(seq) as last, count(*) as n from sync.change_history',
  );
  expect(rows[0]).toEqual({ first: '1', last: rows[0]?.['n'] ?? null, n: rows[0]?.['n'] });
}

const upTo = (count: number) => Array.from({ length: count }, (_none, index) => index + 1);

describeEachDecoder((_decoder, open) =>
  describe.each(['stream', 'poll'] as const)(
    '[H4][H2] a capture with the %s reader that dies at any of its calls',
    (reader) => {
      test.each(['before', 'after'] as const)('%s its effect loses and doubles nothing', async (when) => {
        await using mortalWorld = await open();
        await dieAtEveryCall(mortalWorld, { reader, when });
      });
    },
  ),
);

async function dieAtEveryCall(
  world: CaptureWorld,
  { reader, when }: { reader: 'stream' | 'poll'; when: 'before' | 'after' },
): Promise<void> {
  const first = world.capture({ reader });
  first.start();
  await world.settle(first);
  await first.stop();
  const epoch = world.store.state?.epoch;

  let id = 0;
  const insert = () => world.sql.query('insert into items values ($1, $2)', [String(++id), 'a']);
  for (let call = 1; ; call++) {
    await insert();
    const ports = mortal(world.ports, { call, when });
    const doomed = world.capture({ reader, ...ports });
    doomed.start();
    await insert();
    const settled = world.settle(doomed).then(
      () => 'survived',
      () => 'stopped',
    );
    const outcome = await Promise.race([ports.died.then(() => 'died'), settled]);
    await doomed.stop();
    if (outcome === 'survived' && !ports.dead) break;

    const heir = world.capture({ reader });
    heir.start();
    await insert();
    await world.settle(heir);
    await heir.stop();
    expect(await idsInHistory(world)).toEqual(upTo(id));
  }
  expect(id).toBeGreaterThan(20);
  await expectDense(world);
  expect(world.store.state?.epoch).toBe(epoch);
}

test('a capture that is stopped at once, or in the midst of opening, ends', async () => {
  for (let round = 0; round < 20; round++) {
    const capture = world.capture({ reader: round % 2 ? 'poll' : 'stream' });
    capture.start();
    await world.sql.query('select pg_sleep($1::float)', [String(round * 0.003)]);
    await capture.stop();
    expect(capture.status().capture.state).toBe('asleep');
  }
});

test('[C7] the alarm renews a stream that has become old, and nothing is lost by it', async () => {
  const capture = world.capture({ renewMs: 30 });
  capture.start();
  await world.settle(capture);
  const walsenders = new Set<string>();
  let id = 0;
  while (walsenders.size < 4) {
    await world.sql.query('insert into items values ($1, $2)', [String(++id), 'a']);
    capture.tick();
    expect(capture.status().capture.state).not.toBe('misconfigured');
    const { rows } = await world.sql.query('select active_pid from pg_replication_slots where active_pid is not null');
    for (const row of rows) walsenders.add(row['active_pid'] as string);
  }
  await world.settle(capture);
  expect(await idsInHistory(world)).toEqual(upTo(id));
  expect(capture.status().epochs).toHaveLength(1);
});

test(
  '[E2] a first start that dies at any of its calls is begun again from nothing',
  async () => {
    for (let call = 1; ; call++) {
      await using own = await captureWorld();
      const ports = mortal(own.ports, { call, when: call % 2 ? 'before' : 'after' });
      const doomed = own.capture(ports);
      doomed.start();
      const outcome = await Promise.race([
        ports.died.then(() => 'died'),
        own.settle(doomed).then(
          () => 'survived',
          () => 'stopped',
        ),
      ]);
      await doomed.stop();
      if (outcome === 'survived') break;

      const heir = own.capture();
      heir.start();
      await own.settle(heir);
      await own.sql.query("insert into items values (1, 'a')");
      const head = await own.settle(heir);
      expect(head.seq).toBe(1n);
      expect(await own.history()).toHaveLength(1);
    }
  },
  MANY_SESSIONS_MS,
);

test(
  '[D1] listeners get every stretch of history once and without a gap, through failures between commit and bells',
  async () => {
    const stretches: { transactions: readonly HistoryTransaction[]; from: Position; to: Position }[] = [];
    let saves = 0;
    const capture = world.capture({
      store: {
        ...world.store,
        save: async (state) => {
          if (++saves % 3 === 0) throw new Error('the disk of the object failed');
          await world.store.save(state);
        },
      },
    });
    capture.onPersisted((transactions, from, to) => void stretches.push({ transactions, from, to }));
    capture.start();
    await world.settle(capture);
    for (let id = 1; id <= 12; id++) {
      await world.sql.query('insert into items values ($1, $2)', [String(id), 'a']);
      capture.tick();
      await world.settle(capture);
    }
    for (const [index, stretch] of stretches.entries()) {
      const next = stretches[index + 1];
      if (next) expect(positionEquals(stretch.to, next.from)).toBe(true);
    }
    const ids = stretches
      .flatMap(({ transactions }) => transactions)
      .map(({ entries }) => Number(entries[0]?.data?.['id']));
    expect(ids).toEqual(upTo(12));
    expect(saves).toBeGreaterThan(12);
  },
  MANY_SESSIONS_MS,
);

test('[H3] a second writer that moved the state makes the first one abort and store nothing', async () => {
  const capture = world.capture();
  capture.start();
  await world.settle(capture);
  const other = await world.session();
  await other.query('begin');
  await other.query("update sync.replication_state set last_commit_lsn = '00000000/00000001'");
  await world.sql.query("insert into items values (1, 'a')");
  await waitUntil(async () => {
    const { rows } = await other.query(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    );
    return rows.length > 0;
  });
  await other.query('commit');
  await waitUntil(() => Promise.resolve(capture.status().capture.detail?.includes('another writer') ?? false));
  expect(await world.history()).toHaveLength(0);
});

test('two captures of one slot: the second waits for the first, and takes over when it ends', async () => {
  const first = world.capture();
  first.start();
  await world.settle(first);
  const second = world.capture();
  second.start();
  await waitUntil(() => Promise.resolve(second.status().capture.detail?.includes('read by another session') ?? false));
  await world.sql.query("insert into items values (1, 'a')");
  await world.settle(first);
  await first.stop();
  await world.sql.query("insert into items values (2, 'a')");
  await world.settle(second);
  expect(await idsInHistory(world)).toEqual([1, 2]);
  expect(second.status().epochs).toHaveLength(1);
});

test.each(['stream', 'poll'] as const)(
  'backends that are killed again and again end nothing: the %s reader goes on',
  async (reader) => {
    const capture = world.capture({ reader });
    capture.start();
    await world.settle(capture);
    let id = 0;
    for (let round = 0; round < 8; round++) {
      for (let index = 0; index < 20; index++)
        await world.sql.query('insert into items values ($1, $2)', [String(++id), 'a']);
      await world.sql.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'replication-spec' and pid <> pg_backend_pid()",
      );
    }
    await world.settle(capture);
    expect(await idsInHistory(world)).toEqual(upTo(id));
    await expectDense(world);
  },
);

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await world.sql.query('select pg_sleep(0.01)');
}
