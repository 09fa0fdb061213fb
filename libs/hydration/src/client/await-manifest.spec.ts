import type { SnapshotAnswer } from '@millrace/sync-protocol';
import { manualClock } from '@millrace/testing';
import { manifestOf, place, tableOf } from '../fixtures/snapshot-world.js';
import { awaitManifest } from './await-manifest.js';
import type { SnapshotWish } from './snapshot-source.js';

const ALL: SnapshotWish = { tables: null, atLeast: 0n, not: [] };

/** Runs everything that waits for time, as soon as nothing else is left to do. */
async function drive<T>(clock: ReturnType<typeof manualClock>, work: Promise<T>): Promise<T> {
  let done = false;
  const result = work.finally(() => (done = true));
  result.catch(() => undefined);
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve));
    const at = clock.nextAt();
    if (at !== null && !done) clock.advance(at - clock.now());
  }
  return result;
}

function asking(answers: readonly SnapshotAnswer[], signal = new AbortController().signal, wish = ALL) {
  const clock = manualClock(0);
  const asked: number[] = [];
  const built: number[] = [];
  const source = {
    manifest: () => {
      asked.push(clock.now());
      return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] as SnapshotAnswer);
    },
    chunk: () => Promise.reject(new Error('no chunk is asked for')),
  };
  const options = { clock, signal, onBuilding: (rows: number) => built.push(rows) };
  return { asked, built, answer: drive(clock, awaitManifest(source, wish, options)) };
}

const building = (rows: number, retryAfterMs = 1_000): SnapshotAnswer => ({
  state: 'building',
  rows,
  rowEstimate: 100,
  retryAfterMs,
});

describe('awaitManifest', () => {
  it('asks again as the server proposes, and tells how far it is', async () => {
    const manifest = manifestOf([await tableOf('items', ['a'])]);
    const { asked, built, answer } = asking([building(0), building(50, 2_000), { state: 'ready', manifest }]);
    expect(await answer).toBe(manifest);
    expect(asked).toEqual([0, 1_000, 3_000]);
    expect(built).toEqual([0, 50]);
  });

  it('neither hammers the server nor sleeps for ever, whatever it proposes (I11)', async () => {
    const manifest = manifestOf([await tableOf('items', ['a'])]);
    const { asked, answer } = asking([building(0, 0), building(1, 1e9), { state: 'ready', manifest }]);
    await answer;
    expect(asked).toEqual([0, 50, 10_050]);
  });

  it('gives a build up that makes no headway (I9)', async () => {
    await expect(asking([building(7)]).answer).rejects.toMatchObject({ code: 'timeout' });
  });

  it('ends with its signal', async () => {
    const control = new AbortController();
    control.abort();
    await expect(asking([building(7)], control.signal).answer).rejects.toMatchObject({ code: 'closed' });
  });

  it.each<[string, (table: Awaited<ReturnType<typeof tableOf>>) => ReturnType<typeof manifestOf>]>([
    ['a wanted table that is not there', () => manifestOf([])],
    ['a table named twice', (table) => manifestOf([table, table])],
    ['rows that do not add up', (table) => manifestOf([{ ...table, rows: 9 }])],
    ['bytes that do not add up', (table) => manifestOf([{ ...table, rawBytes: 9 }])],
    ['a hash of other rows', (table) => manifestOf([{ ...table, hash: { ...table.hash, count: '9' } }])],
    ['another epoch', (table) => manifestOf([table], { upTo: place(12, '00000000-0000-4000-8000-00000000e002') })],
    [
      'a chunk beyond all bounds',
      (table) =>
        manifestOf([
          { ...table, rawBytes: 1e9, chunks: [{ rows: 1, bytes: 1, rawBytes: 1e9, digest: table.chunks[0]!.digest }] },
        ]),
    ],
  ])('refuses a manifest with %s', async (_what, spoil) => {
    const manifest = spoil(await tableOf('items', ['a']));
    const wish = { tables: ['items'], atLeast: 0n, not: [] };
    const { answer } = asking([{ state: 'ready', manifest }], undefined, wish);
    await expect(answer).rejects.toMatchObject({ code: 'snapshot-corrupt' });
  });
});
