import { describeSimulation, describeSimulationFailure } from './report.js';

const failure = { seed: 42, violation: 'I1: differ', trace: Array.from({ length: 100 }, (_, line) => `line ${line}`) };

it('a failure names its seed, its violation and how to play it again', () => {
  const text = describeSimulationFailure(failure, false);
  expect(text).toContain('✗ seed 42: I1: differ');
  expect(text).toContain('npm run simulate -- --seeds 1 --from 42');
  expect(text).toContain('… 40 earlier lines');
  expect(text).toContain('line 99');
  expect(text).not.toContain('line 39\n');
});

it('a seed played alone tells all', () => {
  expect(describeSimulationFailure(failure, true)).toContain('line 0\n');
});

it('the report adds up', () => {
  const report = {
    runs: 3,
    operations: 10,
    mutations: 4,
    transactions: 8,
    faults: { 'new-epoch': 2 },
    resyncs: {},
    fills: { rewritten: 1 },
    failures: [failure],
  };
  expect(describeSimulation(report, 1.25).split('\n')).toEqual([
    '3 runs, 10 operations, 8 transactions, 4 client mutations in 1.3 s',
    'faults: new-epoch 2',
    'resyncs, each with a true cause: none',
    'fills, each with a true cause: rewritten 1',
    '2 passed, 1 failed',
  ]);
});
