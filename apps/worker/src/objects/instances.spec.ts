import { createdInstance } from '@millrace/hydration';
import { Instances, type RegistryStorage } from './instances.js';

function fakeStorage(): RegistryStorage {
  const values = new Map<string, unknown>();
  return {
    kv: {
      get: <T>(key: string) => values.get(key) as T | undefined,
      list: <T>({ prefix }: { prefix: string }) =>
        [...values].filter(([key]) => key.startsWith(prefix)) as [string, T][],
      put: (key, value) => void values.set(key, structuredClone(value)),
      delete: (key) => values.delete(key),
    },
  };
}

const ann = { clientId: 'a', sub: 'ann', rowKeys: ['tenantId=t1', '*'] };
const head = { epoch: 'e', seq: 7n, chain: 'c' };
const news = { connectedAt: '2026-01-01T00:00:00.000Z', cursor: head };

describe('Instances', () => {
  it('are known again after the object was evicted; what is only shown is not', () => {
    const storage = fakeStorage();
    new Instances(storage).add(ann, 'socket-1', news);
    const restored = new Instances(storage);
    expect(restored.all()).toEqual([ann]);
    expect(restored.isCurrent('a', 'socket-1')).toBe(true);
    expect(restored.newsOf('a')).toEqual({ connectedAt: null, cursor: null });
  });

  it('belong to the newest socket: an older one that goes late is nobody', () => {
    const instances = new Instances(fakeStorage());
    instances.add(ann, 'socket-1', news);
    instances.add(ann, 'socket-2', news);
    expect(instances.isCurrent('a', 'socket-1')).toBe(false);
    expect(instances.isCurrent('a', 'socket-2')).toBe(true);
    expect(instances.all()).toHaveLength(1);
  });

  it('keep the cursor last heard of', () => {
    const instances = new Instances(fakeStorage());
    instances.add(ann, 'socket-1', news);
    instances.heard('a', { ...head, seq: 9n });
    expect(instances.newsOf('a')).toEqual({ ...news, cursor: { ...head, seq: 9n } });
  });

  it('are gone when removed', () => {
    const instances = new Instances(fakeStorage());
    instances.add(ann, 'socket-1', news);
    instances.remove('a');
    expect(instances.all()).toEqual([]);
    expect(instances.isCurrent('a', 'socket-1')).toBe(false);
    expect(instances.newsOf('a').cursor).toBeNull();
  });

  it('are shown while they are connected or load, and let go of when they have given up', () => {
    const storage = fakeStorage();
    const instances = new Instances(storage);
    const loading = { ...createdInstance(0), phase: 'snapshot-loading' } as const;
    instances.changed('a', 'ann', loading);
    instances.changed('b', 'bob', { ...loading, phase: 'live', connected: true });
    expect(new Instances(storage).states(1).map(({ clientId }) => clientId)).toEqual(['a', 'b']);
    instances.changed('b', 'bob', { ...loading, phase: 'live' });
    expect(instances.states(1).map(({ clientId }) => clientId)).toEqual(['a']);
    expect(instances.states(25 * 60 * 60_000)).toEqual([]);
    expect(instances.states(1)).toEqual([]);
  });
});
