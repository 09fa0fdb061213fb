import type { InstanceState } from '@millrace/hydration';
import { manualClock, recordingLogger } from '@millrace/testing';
import { InstanceKeeper } from './instance-keeper.js';

const position = { epoch: 'e', seq: 7n, chain: 'c' };

function world(values = new Map<string, unknown>()) {
  const told: (InstanceState | null)[] = [];
  const saved: (InstanceState | null)[] = [];
  const puts: unknown[] = [];
  const clock = manualClock();
  const log = recordingLogger();
  let failing = false;
  const into = (list: (InstanceState | null)[]) => async (state: InstanceState | null) => {
    if (failing) throw new Error('unreachable');
    list.push(state);
  };
  const keeper = new InstanceKeeper({
    storage: {
      get: <T>(key: string) => values.get(key) as T | undefined,
      put: (key, value) => void (puts.push(value), values.set(key, structuredClone(value))),
    },
    clock,
    log,
    tell: into(told),
    save: into(saved),
  });
  return { keeper, told, saved, puts, clock, log, values, fail: () => void (failing = true) };
}

const loading = { kind: 'snapshot-ordered', cause: 'new-client', tables: null } as const;
const ready = { kind: 'snapshot-ready', snapshotId: 's', chunks: 100 } as const;

it('stores, tells and saves transitions, and is known again after a restart', async () => {
  const { keeper, told, saved, puts, values } = world();
  await keeper.note(loading);
  await keeper.note({ kind: 'live', position });
  expect(told.map((state) => state?.phase)).toEqual(['snapshot-loading', 'live']);
  expect(saved).toHaveLength(2);
  expect(puts).toHaveLength(2);
  expect(world(values).keeper.state).toEqual(keeper.state);
});

it('[D5] progress is stored nowhere at each step, and passed on now and then', async () => {
  const { keeper, told, saved, puts, clock } = world();
  clock.advance(60_000);
  await keeper.note(loading);
  await keeper.note(ready);
  const before = { told: told.length, saved: saved.length };
  for (let chunk = 1; chunk <= 60; chunk++) {
    clock.advance(100);
    await keeper.note({ kind: 'chunk-served' });
  }
  expect(keeper.state.chunksDone).toBe(60);
  expect(puts).toHaveLength(2);
  expect(told.length - before.told).toBe(6);
  expect(saved.length - before.saved).toBe(1);
});

it('the last chunk is always told', async () => {
  const { keeper, told, saved } = world();
  await keeper.note(loading);
  await keeper.note({ ...ready, chunks: 2 });
  await keeper.note({ kind: 'chunk-served' });
  await keeper.note({ kind: 'chunk-served' });
  expect(told.at(-1)).toMatchObject({ chunksDone: 2 });
  expect(saved.at(-1)).toMatchObject({ chunksDone: 2 });
});

it('whoever cannot be reached holds nobody up', async () => {
  const { keeper, fail, log } = world();
  fail();
  await keeper.note(loading);
  expect(keeper.state.phase).toBe('snapshot-loading');
  expect(log.messages('warn')).toHaveLength(2);
});

it('a forgotten client begins anew', async () => {
  const { keeper, told, saved } = world();
  await keeper.note({ kind: 'live', position });
  await keeper.note({ kind: 'forgotten' });
  expect([told.at(-1), saved.at(-1)]).toEqual([null, null]);
  expect(keeper.state).toMatchObject({ phase: 'created', position: null });
});
