import type { Position } from '@millrace/kernel';
import { CacheWorld, ORDER } from '../fixtures/cache-world.js';
import { Freshness } from './freshness.js';
import { SnapshotCache } from './snapshot-cache.js';
import { isFinished, type FinishedBuild } from './table-build.js';

/** As many changes as a look takes in here. */
const LOOKED_AT = 50;
const LIMIT = 10;
const LATER = Date.now() + 3_600_000;

let world: CacheWorld;
beforeEach(async () => {
  world = await CacheWorld.create();
});
afterEach(() => world[Symbol.asyncDispose]());

const freshness = () => new Freshness({ percent: 0, min: LIMIT, max: LIMIT }, LOOKED_AT);

async function build(): Promise<readonly FinishedBuild[]> {
  const answer = await new SnapshotCache(world.options({ answerMs: 30_000 })).order(ORDER);
  expect(answer.state).toBe('ready');
  return world.store.builds().filter(isFinished);
}

/** The same rows, as if they had been read there. */
const readAt = (one: FinishedBuild, position: Position): FinishedBuild => ({
  ...one,
  content: { ...one.content, position },
});

async function staleTables(builds: readonly FinishedBuild[], head: Position): Promise<readonly string[]> {
  const { stale } = await freshness().judge(builds, { head, now: LATER, rowKeys: ['*', 'tenantId=a'] }, world.admin);
  return builds.filter(({ id }) => stale.has(id)).map(({ table }) => table);
}

describe('a build is stale', () => {
  it('after more changes in scope than its rows are worth, and not before', async () => {
    const builds = await build();
    await world.changes('alpha', 'b', LIMIT + 1);
    expect(await staleTables(builds, await world.changes('alpha', 'a', LIMIT))).toEqual([]);
    expect(await staleTables(builds, await world.changes('alpha', 'a', 1))).toEqual(['alpha']);
  });

  it('by its own changes, however many an older build of another table has behind it', async () => {
    const builds = await build();
    const read = await world.changes('alpha', 'a', LOOKED_AT - LIMIT);
    const head = await world.changes('alpha', 'a', LIMIT + 1);
    const mixed = builds.map((one) => (one.table === 'alpha' ? readAt(one, read) : one));
    expect(await staleTables(mixed, head)).toContain('alpha');
  });

  it('when its tail would be longer than is looked at, of whatever table', async () => {
    const builds = await build();
    expect(await staleTables(builds, await world.changes('alpha', 'a', LOOKED_AT))).toEqual(['alpha', 'beta', 'gamma']);
  });
});

it('(I12) a build from before what history keeps is stale: nobody can tell what has changed', async () => {
  const builds = await build();
  await world.changes('alpha', 'b', LIMIT);
  const head = await world.changes('alpha', 'b', LIMIT);
  await world.admin.query('delete from sync.change_history where seq < $1', [head.seq.toString()]);
  expect(await staleTables(builds, head)).toEqual(['alpha', 'beta', 'gamma']);
});

it('a build of which nothing has changed is told apart from one that is merely fresh', async () => {
  const builds = await build();
  await world.changes('alpha', 'b', 2 * LIMIT);
  const head = await world.changes('beta', 'a', 1);
  const { stale, unchanged } = await freshness().judge(
    builds,
    { head, now: LATER, rowKeys: ['*', 'tenantId=a'] },
    world.admin,
  );
  expect(stale.size).toBe(0);
  expect(builds.filter(({ id }) => unchanged.has(id)).map(({ table }) => table)).toEqual(['alpha', 'gamma']);
});
