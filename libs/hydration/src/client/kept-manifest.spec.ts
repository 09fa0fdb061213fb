import { manualClock } from '@millrace/testing';
import { bytesOf, manifestOf, mapFiles, place, tableOf } from '../fixtures/snapshot-world.js';
import { keepManifest, keptManifest } from './kept-manifest.js';
import { mergeManifests } from './merge-manifests.js';
import type { SnapshotWish } from './snapshot-source.js';

describe('a kept manifest', () => {
  const whole: SnapshotWish = { tables: null, atLeast: 0n, not: [] };

  async function world() {
    const clock = manualClock();
    const files = mapFiles();
    const manifest = manifestOf([await tableOf('items', ['a']), await tableOf('pairs', ['b'])]);
    await keepManifest(files, { manifest, wish: whole }, clock);
    const kept = (wish = whole, schemaVersion = '1.0.0') => keptManifest(files, wish, { schemaVersion, clock });
    return { clock, files, manifest, kept };
  }

  it('is taken up again by the same wish', async () => {
    const { kept, manifest } = await world();
    expect(await kept()).toEqual(manifest);
  });

  it.each([
    ['other tables', { tables: ['items'], atLeast: 0n, not: [] }, '1.0.0'],
    ['later rows', { tables: null, atLeast: 11n, not: [] }, '1.0.0'],
    ['another schema', whole, '2.0.0'],
  ] as const)('is of no use to who wants %s', async (_what, wish, version) => {
    expect(await (await world()).kept(wish, version)).toBeNull();
  });

  it('is of no use where one of its builds will not do', async () => {
    const { kept, manifest } = await world();
    expect(await kept({ ...whole, not: [manifest.tables[1]?.id ?? ''] })).toBeNull();
  });

  it('is forgotten after an hour, however often it was taken up: the history since may be longer than a new download', async () => {
    const { kept, clock, files, manifest } = await world();
    clock.advance(40 * 60_000);
    await keepManifest(files, { manifest, wish: whole }, clock);
    expect(await kept()).toEqual(manifest);
    clock.advance(20 * 60_000);
    expect(await kept()).toBeNull();
  });

  it('that a crash has torn is none', async () => {
    const { kept, files } = await world();
    const [name, bytes] = [...files.content][0]!;
    files.content.set(name, bytes.slice(0, 40));
    expect(await kept()).toBeNull();
    files.content.set(name, bytesOf('{"tables":7}'));
    expect(await kept()).toBeNull();
  });

  it('leaves the chunks of tables that go on, and clears those of a wholly other download', async () => {
    const { files, clock, manifest } = await world();
    const names = async () => {
      await files.write('a-chunk', bytesOf('a'));
      return () => [...files.content.keys()].includes('a-chunk');
    };
    const isThere = await names();
    const grown = mergeManifests(manifest, manifestOf([await tableOf('pairs', ['c'], { id: manifest.id })]));
    await keepManifest(files, { manifest: grown, wish: whole }, clock);
    expect(isThere()).toBe(true);
    const other = manifestOf([await tableOf('others', ['d'])]);
    await keepManifest(files, { manifest: other, wish: whole }, clock);
    expect(isThere()).toBe(false);
  });
});

describe('mergeManifests', () => {
  it('[S4] takes the newer rows of a table, begins at the oldest position and leads to the later one', async () => {
    const base = manifestOf([await tableOf('items', ['a']), await tableOf('pairs', ['b'], { position: place(11) })]);
    const newer = manifestOf([await tableOf('items', ['c'], { position: place(20) })], { upTo: place(21) });
    const merged = mergeManifests(base, newer);
    expect(merged.tables.map(({ name, position }) => [name, position.seq])).toEqual([
      ['pairs', '11'],
      ['items', '20'],
    ]);
    expect([merged.position, merged.upTo]).toEqual([place(11), place(21)]);
    expect(mergeManifests(base, manifestOf([], { upTo: place(5) })).upTo).toEqual(place(12));
  });
});
