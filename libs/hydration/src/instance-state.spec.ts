import { resyncCauses } from '@millrace/sync-protocol';
import {
  createdInstance,
  instanceStep,
  triggerOf,
  type InstanceEvent,
  type InstancePhase,
  type InstanceState,
} from './instance-state.js';

const position = { epoch: 'e', seq: 7n, chain: 'c' };
const NOW = 1_000;
const created = createdInstance(0);

function run(state: InstanceState, ...events: readonly InstanceEvent[]): InstanceState {
  return events.reduce((current, event) => instanceStep(current, event, NOW).state ?? createdInstance(NOW), state);
}

const ordered: InstanceEvent = { kind: 'snapshot-ordered', cause: 'new-client', tables: null };
const ready: InstanceEvent = { kind: 'snapshot-ready', snapshotId: 's1', chunks: 3 };
const live: InstanceEvent = { kind: 'live', position };

describe('the transition table is total', () => {
  const states: Record<InstancePhase, InstanceState> = {
    created,
    'snapshot-loading': run(created, ordered, ready),
    live: run(created, live),
  };
  const events: readonly InstanceEvent[] = [
    { kind: 'hello', position },
    live,
    ordered,
    ready,
    { kind: 'chunk-served' },
    { kind: 'fill', cause: 'late-table', tables: ['a'] },
    { kind: 'resync', cause: 'epoch-changed', message: 'm' },
    { kind: 'error', code: 'timeout', message: 'm' },
    { kind: 'closed', position },
    { kind: 'forgotten' },
  ];
  const table: Record<string, Record<InstancePhase, string>> = {
    hello: { created: 'created', 'snapshot-loading': 'snapshot-loading', live: 'live' },
    live: { created: 'live', 'snapshot-loading': 'live', live: 'live' },
    'snapshot-ordered': {
      created: 'snapshot-loading',
      'snapshot-loading': 'snapshot-loading',
      live: 'snapshot-loading',
    },
    'snapshot-ready': { created: 'snapshot-loading', 'snapshot-loading': 'snapshot-loading', live: 'live' },
    'chunk-served': { created: 'created', 'snapshot-loading': 'snapshot-loading', live: 'live' },
    fill: { created: 'snapshot-loading', 'snapshot-loading': 'snapshot-loading', live: 'snapshot-loading' },
    resync: { created: 'snapshot-loading', 'snapshot-loading': 'snapshot-loading', live: 'snapshot-loading' },
    error: { created: 'created', 'snapshot-loading': 'snapshot-loading', live: 'live' },
    closed: { created: 'created', 'snapshot-loading': 'snapshot-loading', live: 'live' },
    forgotten: { created: 'none', 'snapshot-loading': 'none', live: 'none' },
  };
  const cells = events.flatMap((event) =>
    (Object.keys(states) as InstancePhase[]).map((phase) => [event.kind, phase, event] as const),
  );
  it.each(cells)('%s in %s', (kind, phase, event) => {
    const step = instanceStep(states[phase], event, NOW);
    expect(step.state?.phase ?? 'none').toBe(table[kind]?.[phase]);
    if (step.state && step.state.phase !== phase)
      expect(step).toMatchObject({ transition: true, state: { since: NOW } });
    if (step.state?.phase === phase) expect(step.state.since).toBe(states[phase].since);
  });
});

it('a first life: created, loading with its progress, live', () => {
  const loading = run(created, ordered, ready, { kind: 'chunk-served' });
  expect(loading).toMatchObject({
    phase: 'snapshot-loading',
    cause: 'new-client',
    snapshotId: 's1',
    chunksDone: 1,
    chunksTotal: 3,
    attempts: 1,
  });
  expect(run(loading, { kind: 'hello', position }, live)).toMatchObject({
    phase: 'live',
    connected: true,
    position,
    attempts: 0,
  });
});

it('a download that is taken up again keeps its progress; another snapshot begins at nothing', () => {
  const half = run(created, ordered, ready, { kind: 'chunk-served' }, ordered, ready);
  expect(half).toMatchObject({ chunksDone: 1, attempts: 2 });
  expect(run(half, { ...ready, snapshotId: 's2' })).toMatchObject({ chunksDone: 0, attempts: 3 });
});

it('never counts more chunks than there are', () => {
  const chunk: InstanceEvent = { kind: 'chunk-served' };
  expect(run(created, ordered, ready, chunk, chunk, chunk, chunk).chunksDone).toBe(3);
});

it('what a live instance was told is kept with its cause until it is live again', () => {
  const told = run(
    created,
    live,
    { kind: 'resync', cause: 'below-horizon', message: 'too old' },
    { kind: 'closed', position: null },
  );
  expect(told).toMatchObject({
    phase: 'snapshot-loading',
    cause: 'below-horizon',
    lastError: 'too old',
    connected: false,
  });
  expect(run(told, live)).toMatchObject({ phase: 'live', lastError: null, cause: 'below-horizon' });
});

it('[D5] only what changes a state is worth storing', () => {
  const state = run(created, ordered, ready);
  expect(instanceStep(state, { kind: 'chunk-served' }, NOW).transition).toBe(false);
  expect(instanceStep(state, { kind: 'error', code: 'timeout', message: 'm' }, NOW).transition).toBe(true);
  expect(instanceStep(run(state, live), live, NOW).transition).toBe(false);
});

it('I12 every cause has its trigger', () => {
  for (const cause of resyncCauses) expect(triggerOf(cause)).toMatch(/^[a-z]+$/);
});
