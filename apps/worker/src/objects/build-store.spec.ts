import type { TableBuild, TableWant } from '@millrace/hydration';
import { buildStore, type BuildStorage } from './build-store.js';

function fakeStorage(): BuildStorage {
  const kept = new Map<string, unknown>();
  return {
    get: <T>(key: string) => structuredClone(kept.get(key)) as T | undefined,
    put: (key, value) => void kept.set(key, structuredClone(value)),
    delete: (key) => kept.delete(key),
    list: <T>({ prefix }: { prefix: string }) =>
      structuredClone([...kept].filter(([key]) => key.startsWith(prefix))) as [string, T][],
  };
}

const build = (id: string, createdAt: number): TableBuild => ({
  id,
  table: 'notes',
  format: 'binary',
  createdAt,
  chunksBegun: 2,
  content: null,
  upTo: null,
  finishedAt: null,
});

describe('buildStore', () => {
  it('F40 what was saved is there after a restart, oldest first, and what was removed is not', () => {
    const storage = fakeStorage();
    const store = buildStore(storage, () => undefined);
    store.save(build('b', 2));
    store.save(build('a', 1));
    store.save(build('c', 3));
    store.remove('c');
    const want: TableWant = { table: 'notes', format: 'json', claims: { tenantId: 't1' } };
    store.saveWants([want]);
    const next = buildStore(storage, () => undefined);
    expect(next.builds()).toEqual([build('a', 1), build('b', 2)]);
    expect(next.builds()).toEqual(store.builds());
    expect(next.wants()).toEqual([want]);
  });

  it('says when there is something left to build, and only then', () => {
    let told = 0;
    const store = buildStore(fakeStorage(), () => void told++);
    store.saveWants([]);
    expect(told).toBe(0);
    store.saveWants([{ table: 'notes', format: 'json', claims: {} }]);
    expect(told).toBe(1);
  });
});
