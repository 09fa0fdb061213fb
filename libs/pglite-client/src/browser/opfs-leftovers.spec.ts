import { fakeOpfs } from '../testing/fake-opfs.js';
import { opfsLeftovers } from './opfs-leftovers.js';

/** The locks of one browser, in memory. */
function fakeLocks(held: Set<string>): LockManager {
  return {
    query: () => Promise.resolve({ held: [...held].map((name) => ({ name })), pending: [] }),
    request: async (name: string, _options: LockOptions, take: (lock: Lock | null) => unknown) => {
      if (held.has(name)) return take(null);
      held.add(name);
      try {
        return await take({ name, mode: 'exclusive' });
      } finally {
        held.delete(name);
      }
    },
  } as unknown as LockManager;
}

describe("a principal's other databases in this browser", () => {
  const root = fakeOpfs();
  const held = new Set(['millrace:s-0', 'millrace:s-2', 'other']);
  const slot = { name: 's-0', release: () => undefined };
  const leftovers = opfsLeftovers({ root, locks: fakeLocks(held), scope: 's', own: { slot, kind: 'opfs-ahp' } });

  beforeAll(async () => {
    const folders = ['s-0-opfs-ahp', 's-0-memfs2opfs', 's-0-hydration', 's-1-opfs-ahp', 's-2-opfs-ahp', 's-3-opfs-ahp'];
    for (const name of [...folders, 's-x-opfs-ahp', 'other-1-opfs-ahp', 's-1-1-opfs-ahp'])
      await root.getDirectoryHandle(name, { create: true });
    await root.getFileHandle('s-3-opfs-ahp.unfinished', { create: true });
  });

  it('are the whole ones of its slots, but the one in use', async () =>
    expect(await leftovers.list()).toEqual([
      { slot: 's-0', kind: 'memfs2opfs', folder: 's-0-memfs2opfs' },
      { slot: 's-1', kind: 'opfs-ahp', folder: 's-1-opfs-ahp' },
      { slot: 's-2', kind: 'opfs-ahp', folder: 's-2-opfs-ahp' },
    ]));

  it('are held by live tabs, or can be taken', async () => {
    expect(await leftovers.held()).toEqual(new Set(['s-2']));
    expect(await leftovers.take('s-2')).toBeNull();
    const release = await leftovers.take('s-1');
    expect(await leftovers.held()).toEqual(new Set(['s-1', 's-2']));
    release?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await leftovers.held()).toEqual(new Set(['s-2']));
    (await leftovers.take('s-0'))?.();
    expect(held).toContain('millrace:s-0');
  });

  it('carry a mark of what they hold, which a half written file is not', async () => {
    expect(await leftovers.readMark('s-1-opfs-ahp')).toBeNull();
    await leftovers.writeMark('s-1-opfs-ahp', { pending: 1, rejected: 2, at: 3 });
    expect(await leftovers.readMark('s-1-opfs-ahp')).toEqual({ pending: 1, rejected: 2, at: 3 });
    root.entries.set('s-1-opfs-ahp.outbox', { bytes: new TextEncoder().encode('{"pending":') });
    expect(await leftovers.readMark('s-1-opfs-ahp')).toBeNull();
  });

  it('are removed with their mark', async () => {
    await leftovers.remove({ slot: 's-1', kind: 'opfs-ahp', folder: 's-1-opfs-ahp' });
    expect([...root.entries.keys()].filter((name) => name.startsWith('s-1-opfs'))).toEqual([]);
  });
});
