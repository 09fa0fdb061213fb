import type { BuildStore, TableBuild, TableWant } from '@millrace/hydration';

/** What this needs of a Durable Object's storage. Its writes are durable before anything that the object sends after them. */
export interface BuildStorage {
  get<T>(key: string): T | undefined;
  put(key: string, value: unknown): void;
  delete(key: string): boolean;
  list<T>(options: { prefix: string }): Iterable<[string, T]>;
}

const BUILD = 'build:';
const WANTS = 'wants';

/** Builds in the object's storage, read once. `wanted` is called when there is something left to build. */
export function buildStore(storage: BuildStorage, wanted: () => void): BuildStore {
  const builds = new Map<string, TableBuild>();
  for (const [, build] of storage.list<TableBuild>({ prefix: BUILD })) builds.set(build.id, build);
  let wants = storage.get<readonly TableWant[]>(WANTS) ?? [];
  return {
    builds: () => [...builds.values()].toSorted((a, b) => a.createdAt - b.createdAt),
    save: (build) => {
      storage.put(BUILD + build.id, build);
      builds.set(build.id, build);
    },
    remove: (id) => {
      storage.delete(BUILD + id);
      builds.delete(id);
    },
    wants: () => wants,
    saveWants: (next) => {
      storage.put(WANTS, next);
      wants = next;
      if (next.length > 0) wanted();
    },
  };
}
