import { gunzipSync } from 'node:zlib';
import { must, positionToJson, type BlobStore, type Position } from '@millrace/kernel';
import type { Catalogue } from '@millrace/schema-compat';
import { migrationOf } from '@millrace/schema-compat/testing';
import type { TableMeta } from '@millrace/schema-meta';
import type { SnapshotManifest } from '@millrace/sync-protocol';
import { CacheWorld, memoryBuildStore, ORDER, schema } from '../fixtures/cache-world.js';
import { layoutOf } from '../format/layout.js';
import { Checksums } from './checksums.js';
import { chunkKey } from './chunk-uploads.js';
import { SnapshotCache, type CacheOrder, type SnapshotCacheOptions } from './snapshot-cache.js';
import { translatedView } from './snapshot-view.js';

const OTHER_EPOCH = '018f0000-0000-4000-8000-000000000002';
const HOUR = 3_600_000;

let world: CacheWorld;
beforeEach(async () => {
  world = await CacheWorld.create();
});
afterEach(() => world[Symbol.asyncDispose]());

const cacheOf = (more: Partial<SnapshotCacheOptions> = {}) =>
  new SnapshotCache(world.options({ answerMs: 30_000, ...more }));

async function ready(cache: SnapshotCache, more: Partial<CacheOrder> = {}): Promise<SnapshotManifest> {
  const answer = await cache.order({ ...ORDER, ...more });
  if (answer.state !== 'ready') throw new Error('still building');
  return answer.manifest;
}

const ids = ({ tables }: SnapshotManifest) => tables.map(({ id }) => id);

/** Chunks whose table build is not in the manifest, and those of it that are missing. */
function strayChunks(manifest: SnapshotManifest, key = 'a1b2'): readonly string[] {
  const wanted = manifest.tables.flatMap(({ id, chunks }) => chunks.map((_, n) => chunkKey(key, id, n)));
  const there = [...world.blobs.blobs.keys()];
  return [...there.filter((name) => !wanted.includes(name)), ...wanted.filter((name) => !there.includes(name))];
}

/** A store whose `put` waits for ever from the given one on. */
function stuckAfter(puts: number): { readonly blobs: BlobStore; readonly stuck: Promise<void> } {
  const stuck = Promise.withResolvers<void>();
  let count = 0;
  const put = async (key: string, bytes: Uint8Array) => {
    count += 1;
    if (count <= puts) return world.blobs.put(key, bytes);
    stuck.resolve();
    return new Promise<void>(() => undefined);
  };
  return { blobs: { ...world.blobs, put }, stuck: stuck.promise };
}

describe('snapshot cache', () => {
  it('names what it holds: positions, rows, chunks, and how far history must be taken', async () => {
    const head = await world.head();
    const manifest = await ready(cacheOf());
    expect(manifest).toMatchObject({
      version: 1,
      schemaVersion: '1.0.0',
      rulesVersion: 'r1',
      scope: 'scope',
      position: positionToJson(head),
      upTo: positionToJson(head),
      lsn: '00000000/000000FF',
    });
    expect(manifest.tables.map(({ name, rows, format }) => [name, rows, format])).toEqual(
      schema.tables.map(({ name }) => [name, 400, 'binary']),
    );
    expect(strayChunks(manifest)).toEqual([]);
    const [table] = manifest.tables;
    const first = must(world.blobs.blobs.get(chunkKey('a1b2', must(table, 'a table').id, 0)), 'its first chunk');
    expect(gunzipSync(first).length).toBe(table?.chunks[0]?.rawBytes);
  });

  it('ten equal orders read Postgres once', async () => {
    const cache = cacheOf();
    const manifests = await Promise.all(Array.from({ length: 10 }, () => ready(cache)));
    expect(new Set(manifests.map((manifest) => ids(manifest).join())).size).toBe(1);
    expect(world.store.builds()).toHaveLength(3);
    expect(new Set(manifests.map(({ id }) => id)).size).toBe(1);
    expect(strayChunks(manifests[0] as SnapshotManifest)).toEqual([]);
  });

  it('builds only the tables asked for, and shares them with who asks for more', async () => {
    const cache = cacheOf();
    const one = await ready(cache, { tables: ['beta'] });
    expect(one.tables.map(({ name }) => name)).toEqual(['beta']);
    expect(ids(await ready(cache))).toContain(ids(one)[0]);
    await expect(ready(cache, { tables: ['beta', 'nothing'] })).rejects.toMatchObject({ code: 'invalid-message' });
  });

  it('[S2] tables stand at positions of their own: the manifest begins at the oldest and ends beyond the latest', async () => {
    const cache = cacheOf();
    const before = await world.head();
    await ready(cache, { tables: ['alpha'] });
    const after = await world.changes('beta', 'a');
    const manifest = await ready(cache);
    expect(manifest.tables.map(({ position }) => position.seq)).toEqual([before.seq, after.seq, after.seq].map(String));
    expect(manifest.position).toEqual(positionToJson(before));
    expect(manifest.upTo).toEqual(positionToJson(after));
  });

  describe('reuse', () => {
    it('hands out the same build until it has more changes in scope than its limit; others never count', async () => {
      const cache = cacheOf();
      const first = await ready(cache);
      world.ahead += 60_000;
      await world.changes('alpha', 'b', 500);
      await world.changes('alpha', 'a', 30);
      expect(ids(await ready(cache))).toEqual(ids(first));
      await world.changes('alpha', 'a', 1);
      const second = await ready(cache);
      expect(ids(second).map((id, index) => id === ids(first)[index])).toEqual([false, true, true]);
      await world.changes('beta', 'a', 30);
      expect(ids(await ready(cache))).toEqual(ids(second));
    });

    it('a build that was just finished is not stale, however busy its table', async () => {
      const cache = cacheOf();
      const first = await ready(cache);
      await world.changes('alpha', 'a', 500);
      expect(ids(await ready(cache))).toEqual(ids(first));
      world.ahead += 31_000;
      expect(ids(await ready(cache))[0]).not.toBe(ids(first)[0]);
    });

    it('[S4] rows must hold what the caller names', async () => {
      const cache = cacheOf();
      const first = await ready(cache);
      const { seq } = await world.changes('alpha', 'a');
      const second = await ready(cache, { tables: ['alpha'], atLeast: seq });
      expect(second.tables[0]?.position.seq).toBe(String(seq));
      expect(ids(second)[0]).not.toBe(ids(first)[0]);
      expect(ids(await ready(cache))).toEqual([ids(second)[0], ids(first)[1], ids(first)[2]]);
    });

    it('[S6] rows that will not do are read anew once for all who say so, without any change in history', async () => {
      const cache = cacheOf();
      const first = await ready(cache);
      const not = ids(first).slice(0, 1);
      const again = { tables: ['alpha'], not };
      const [second, ...others] = await Promise.all(Array.from({ length: 5 }, () => ready(cache, again)));
      expect(ids(second as SnapshotManifest)[0]).not.toBe(not[0]);
      for (const other of others) expect(ids(other)).toEqual(ids(second as SnapshotManifest));
      expect(ids(await ready(cache, again))).toEqual(ids(second as SnapshotManifest));
      expect(ids(await ready(cache))).toEqual([...ids(second as SnapshotManifest), ...ids(first).slice(1)]);
    });

    it('F76 rows that come damaged again and again are read anew again and again, on a database at rest too', async () => {
      const cache = cacheOf();
      const not: string[] = [];
      for (let round = 0; round < 3; round += 1) {
        const [id = ''] = ids(await ready(cache, { tables: ['alpha'], not }));
        expect(not).not.toContain(id);
        not.push(id);
      }
    });

    it('[S6] a checkpoint names the builds that were begun before it, and no later ones', async () => {
      const cache = cacheOf();
      const first = await ready(cache);
      const checksums = new Checksums({
        ...world.options(),
        schema,
        builds: () => world.store.builds(),
        store: { load: () => null, save: () => undefined },
      });
      const { tables } = await checksums.get(ORDER.claims, 0);
      expect(tables.map(({ builds }) => builds)).toEqual(ids(first).map((id) => [id]));
      const not = tables.flatMap(({ builds = [] }) => builds);
      const second = await ready(cache, { not });
      expect(not).not.toEqual(expect.arrayContaining([ids(second)[0]]));
      expect(ids(await ready(cache, { not }))).toEqual(ids(second));
    });

    it('rows beyond the end of history are of another history', async () => {
      const { seq } = await world.head();
      expect((await ready(cacheOf(), { atLeast: seq })).tables).toHaveLength(3);
      await expect(ready(cacheOf(), { atLeast: seq + 1n })).rejects.toMatchObject({ code: 'cursor-unknown' });
    });

    it('[E1] nothing of another epoch is handed out', async () => {
      const cache = cacheOf();
      const first = await ready(cache);
      await world.newEpoch(OTHER_EPOCH);
      const second = await ready(cache);
      expect(second.upTo.epoch).toBe(OTHER_EPOCH);
      expect(new Set([...ids(first), ...ids(second)]).size).toBe(6);
    });
  });

  describe('formats', () => {
    const { alpha = '', ...otherLayouts } = ORDER.layouts;

    it('each table is binary where the caller has its columns, else json', async () => {
      const cache = cacheOf();
      const stranger = { ...otherLayouts, beta: alpha.replace(/./g, '0') };
      const manifest = await ready(cache, { layouts: stranger });
      expect(manifest.tables.map(({ name, format, rows }) => [name, format, rows])).toEqual([
        ['alpha', 'json', 400],
        ['beta', 'json', 400],
        ['gamma', 'binary', 400],
      ]);
      const [table] = manifest.tables;
      const chunk = must(world.blobs.blobs.get(chunkKey('a1b2', must(table, 'a table').id, 0)), 'its first chunk');
      const [line] = gunzipSync(chunk).toString().split('\n');
      expect(JSON.parse(must(line, 'a line'))).toEqual(['2', 'a', 'x'.repeat(50)]);
      expect(strayChunks(manifest)).toEqual([]);
    });

    it('a build of each is kept for itself, and shared by all who load it', async () => {
      const cache = cacheOf();
      const binary = await ready(cache);
      const mixed = await ready(cache, { layouts: otherLayouts });
      expect(ids(mixed).slice(1)).toEqual(ids(binary).slice(1));
      expect(ids(mixed)[0]).not.toBe(ids(binary)[0]);
      const [first, second] = await Promise.all([ready(cache), ready(cache, { layouts: otherLayouts })]);
      expect([ids(first), ids(second)]).toEqual([ids(binary), ids(mixed)]);
      expect(mixed.tables[0]?.hash).toEqual(binary.tables[0]?.hash);
    });

    it('both are read for callers who ask at once, and neither waits for the other in vain', async () => {
      const cache = cacheOf();
      const tables = ['alpha'];
      const [binary, json] = await Promise.all([ready(cache, { tables }), ready(cache, { tables, layouts: {} })]);
      expect([binary.tables[0]?.format, json.tables[0]?.format]).toEqual(['binary', 'json']);
      expect(world.store.builds()).toHaveLength(2);
    });
  });

  it('in words of an older version, a table is binary only where its columns are the same by name', async () => {
    const [alpha, beta, gamma] = schema.tables as readonly [TableMeta, TableMeta, TableMeta];
    const remark = alpha.columns.map((column) => (column.name === 'note' ? { ...column, name: 'remark' } : column));
    const older = { version: '0.9.0', tables: [{ ...alpha, columns: remark }, { ...beta, name: 'bravo' }, gamma] };
    const migration = migrationOf({
      before: older,
      after: schema,
      kind: 'breaking',
      ops: [
        { op: 'rename-column', table: 'alpha', from: 'remark', to: 'note' },
        { op: 'rename-table', from: 'bravo', to: 'beta' },
      ],
    });
    const catalogue: Catalogue = { compiled: schema, steps: [{ migration, direction: 'up' }] };
    const cache = cacheOf({ view: must(translatedView(catalogue, '0.9.0'), 'it can be told') });
    const layouts = Object.fromEntries(older.tables.map((table) => [table.name, layoutOf(table)]));
    const manifest = await ready(cache, { layouts });
    expect(manifest.schemaVersion).toBe('0.9.0');
    expect(manifest.tables.map(({ name, format, columns }) => [name, format, columns])).toEqual([
      ['alpha', 'json', ['id', 'tenant_id', 'remark']],
      ['bravo', 'binary', ['id', 'tenant_id', 'note']],
      ['gamma', 'binary', ['id', 'tenant_id', 'note']],
    ]);
    await expect(ready(cache, { tables: ['beta'] })).rejects.toThrow('no table beta');
  });

  describe('while it is built', () => {
    it('says so after a while, with the rows so far, and goes on when nobody waits', async () => {
      const { blobs, stuck } = stuckAfter(5);
      const cache = cacheOf({ blobs, answerMs: 200 });
      const [answer] = await Promise.all([cache.order(ORDER), stuck]);
      expect(answer).toMatchObject({ state: 'building', retryAfterMs: expect.any(Number) as number });
      const later = await cache.order(ORDER);
      if (later.state === 'building') expect(later.rows).toBeGreaterThanOrEqual(400);
      expect(later.state).toBe('building');
      expect(cache.done).toBe(false);
    });

    it('a failure is told to who waits, or to the next caller, and then tried again', async () => {
      const cache = cacheOf();
      world.blobs.failNext('put');
      await expect(ready(cache)).rejects.toMatchObject({ code: 'storage-failed' });
      const impatient = cacheOf({ answerMs: 0 });
      world.blobs.failNext('put');
      expect((await impatient.order(ORDER)).state).toBe('building');
      await expect(untilSettled(impatient)).rejects.toMatchObject({ code: 'storage-failed' });
      const manifest = await untilSettled(impatient);
      expect(strayChunks(manifest)).toEqual([]);
    });

    it('I8 [S1] a table that DDL holds is told by its SQLSTATE alone, and read once it is free', async () => {
      await world.admin.query('begin');
      await world.admin.query('lock table beta in access exclusive mode');
      // The reader's own session asks for the head: the test's one is inside the lock.
      const head = await world.head();
      const cache = cacheOf({ head: async () => head, waitForCapture: async () => head });
      const refusal = await ready(cache).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'snapshot-failed', message: expect.stringContaining('55P03') as string });
      expect(String(refusal)).not.toMatch(/beta|lock table/i);
      await world.admin.query('rollback');
      expect((await ready(cache)).tables).toHaveLength(3);
    });

    it('[S1] gives way to a migration that is wanted', async () => {
      await world.admin.query(`insert into sync.migration_wanted (wanted_by) values ('spec')`);
      const cache = cacheOf();
      await expect(ready(cache)).rejects.toMatchObject({ code: 'snapshot-failed', retry: 'backoff' });
      await world.admin.query(`update sync.migration_wanted set expires_at = now() - interval '1 second'`);
      expect((await ready(cache)).tables).toHaveLength(3);
    });

    it('[S2] begins again where a migration lies between the rows and the end of capture', async () => {
      let migrated = false;
      const waitForCapture = async (): Promise<Position> => {
        if (migrated) return world.head();
        migrated = true;
        return world.changes('sync.client_migration', 'a');
      };
      const cache = cacheOf({ waitForCapture });
      await expect(ready(cache, { tables: ['alpha'] })).rejects.toMatchObject({ code: 'snapshot-failed' });
      expect(world.blobs.blobs.size).toBe(0);
      expect((await ready(cache, { tables: ['alpha'] })).tables).toHaveLength(1);
    });

    it('[E1] I12 a history that began meanwhile ends the build by name', async () => {
      const waitForCapture = async () => ({ ...(await world.head()), epoch: OTHER_EPOCH });
      await expect(ready(cacheOf({ waitForCapture }))).rejects.toMatchObject({
        code: 'snapshot-failed',
        message: expect.stringContaining('new history') as string,
      });
    });
  });

  describe('F40 after a crash', () => {
    it('goes on with the tables that are not done, and leaves no chunk of the one that was lost', async () => {
      const { blobs, stuck } = stuckAfter(6);
      void cacheOf({ blobs, answerMs: 0 }).order(ORDER);
      await stuck;
      await world.crash();
      const left = world.store.builds();
      expect(left.map(({ table, content }) => [table, content !== null])).toEqual([
        ['alpha', true],
        ['beta', false],
      ]);
      expect(world.blobs.blobs.size).toBe(6);

      const next = cacheOf();
      await next.resume();
      expect(next.done).toBe(true);
      const builds = world.store.builds().length;
      const manifest = await ready(next);
      expect(world.store.builds()).toHaveLength(builds);
      expect(ids(manifest)[0]).toBe(left[0]?.id);
      expect(ids(manifest)[1]).not.toBe(left[1]?.id);
      expect(strayChunks(manifest)).toEqual([]);
    });

    it('rows that were read and not yet captured are taken up as they are', async () => {
      void cacheOf({ answerMs: 0, waitForCapture: () => new Promise(() => undefined) }).order({
        ...ORDER,
        tables: ['alpha'],
      });
      while (!world.store.builds()[0]?.content) await world.admin.query('select pg_sleep(0.01)');
      await world.crash();
      const [left] = world.store.builds();
      const manifest = await ready(cacheOf(), { tables: ['alpha'] });
      expect(ids(manifest)).toEqual([left?.id]);
    });
  });

  describe('I11 removal', () => {
    const rowsLeft = async () =>
      (await world.admin.query('select snapshot_key, count(*)::int from sync.snapshot group by 1 order by 1')).rows.map(
        (row) => row['snapshot_key'],
      );
    const age = (what: string) =>
      world.admin.query(`update sync.snapshot set used_at = now() - interval '2 hours' where ${what}`);

    it('a build that a newer one replaces goes an hour after its last use', async () => {
      const cache = cacheOf();
      const first = await ready(cache, { tables: ['alpha'] });
      const { seq } = await world.changes('alpha', 'a');
      await ready(cache, { tables: ['alpha'], atLeast: seq });
      await settled();
      expect(world.store.builds()).toHaveLength(2);
      await age(`id = '${ids(first)[0]}'`);
      const manifest = await ready(cache, { tables: ['alpha'], not: world.store.builds().map(({ id }) => id) });
      await settled();
      expect(world.store.builds().some(({ id }) => id === ids(first)[0])).toBe(false);
      expect([...world.blobs.blobs.keys()].some((key) => key.includes(must(ids(first)[0], 'an id')))).toBe(false);
      expect(manifest.tables).toHaveLength(1);
    });

    it('the longest unused go first when space is over, whoever keeps them; their owner reads them anew', async () => {
      const first = cacheOf();
      const before = await ready(first);
      await age('true');
      const bytes = before.tables.flatMap(({ chunks }) => chunks).reduce((sum, chunk) => sum + chunk.bytes, 0);
      const store = memoryBuildStore();
      const second = cacheOf({ snapshotKey: 'c3d4', store, budget: { maxBytes: bytes, maxAgeMs: HOUR * 100 } });
      await ready(second);
      await settled();
      expect(await rowsLeft()).toEqual(['c3d4']);
      expect([...world.blobs.blobs.keys()].every((key) => key.startsWith('snapshots/c3d4/'))).toBe(true);
      world.ahead += 11 * 60_000;
      const after = await ready(first);
      expect(new Set([...ids(before), ...ids(after)]).size).toBe(6);
    });

    it('what nobody asked for goes by age, and what was handed out in the last hour stays whatever the space', async () => {
      const cache = cacheOf();
      await ready(cache, { tables: ['alpha'] });
      await age('true');
      const store = memoryBuildStore();
      const tight = { snapshotKey: 'c3d4', store, budget: { maxBytes: 0, maxAgeMs: HOUR } };
      const manifest = await ready(cacheOf(tight));
      await settled();
      expect(await rowsLeft()).toEqual(['c3d4']);
      expect(strayChunks(manifest, 'c3d4')).toEqual([]);
    });

    it('a build that is being evicted is not handed out', async () => {
      const cache = cacheOf();
      const first = await ready(cache);
      await world.admin.query('update sync.snapshot set evicted_at = now()');
      world.ahead += 11 * 60_000;
      expect(new Set([...ids(first), ...ids(await ready(cache))]).size).toBe(6);
    });
  });
});

/** Asks until the answer is not `building`. */
async function untilSettled(cache: SnapshotCache): Promise<SnapshotManifest> {
  for (;;) {
    const answer = await cache.order(ORDER);
    if (answer.state === 'ready') return answer.manifest;
  }
}

/** Removal runs in the background: until its statements are through. */
async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 5; ) {
    const { rows } = await world.admin.query(
      `select 1 from pg_stat_activity where application_name = 'cache-spec' and (state <> 'idle' or state_change > now() - interval '100 milliseconds')`,
    );
    quiet = rows.length === 0 ? quiet + 1 : 0;
    await world.admin.query('select pg_sleep(0.02)');
  }
}
