import { runSimulation, type SimulationReport } from './run-simulation.js';
import type { Sabotage } from './sabotage.js';
import { play } from './scenario.js';
import { World } from './world.js';

/** Every seed is a run of its own; a failure names its seed, by which `npm run simulate -- --from <seed> --seeds 1` plays it again. */
const SEEDS = 1_000;

describe('simulation', () => {
  let report: SimulationReport;

  beforeAll(async () => {
    report = await runSimulation({ seeds: SEEDS });
  }, 600_000);

  it(`I1, I2, I3, I4, I5, I6, I8, I9, I12 hold over ${SEEDS} seeds`, () => {
    expect(
      report.failures.map(({ seed, violation, trace }) => [`seed ${seed}: ${violation}`, ...trace].join('\n')),
    ).toEqual([]);
    expect(report.runs).toBe(SEEDS);
  });

  it('the runs were full of faults and of work: otherwise they would prove nothing', () => {
    const kinds = [
      'answer-lost',
      'app-updated',
      'bad-weather',
      'capture-stalled',
      'chunk-spoilt',
      'client-crash',
      'client-crash-at-commit',
      'client-crash-at-file',
      'client-offline',
      'fill-marker',
      'history-trimmed',
      'migration',
      'migration-reverted',
      'new-epoch',
      'replication-restart',
      'request-duplicated',
      'request-lost',
      'resync-requested',
      'row-spoilt',
      'rpc-lost',
      'snapshot-evicted',
      'snapshot-restart',
      'socket-cut',
      'sync-evicted',
      'sync-killed',
      'transaction-too-large',
    ];
    for (const kind of kinds) expect([kind, (report.faults[kind] ?? 0) > SEEDS / 10]).toEqual([kind, true]);
    expect(report.faults['tail-broken']).toBeGreaterThan(0);
    expect(report.faults['chunk-garbled']).toBeGreaterThan(0);
    expect(Object.keys(report.resyncs)).toEqual(expect.arrayContaining(['below-horizon', 'epoch-changed']));
    expect(Object.keys(report.fills)).toEqual([
      'checksum-mismatch',
      'quarantined',
      'rewritten',
      'schema-changed',
      'scope-unknown',
      'transaction-too-large',
    ]);
    expect(report.mutations).toBeGreaterThan(5 * SEEDS);
    expect(report.transactions).toBeGreaterThan(10 * SEEDS);
  });
});

it('the same seed is the same run', async () => {
  const traceOf = async (seed: number) => {
    const world = new World({ seed });
    await play(world);
    return { trace: world.trace, head: world.history.head, faults: [...world.faults.counts] };
  };
  expect(await traceOf(17)).toEqual(await traceOf(17));
  expect((await traceOf(17)).trace).not.toEqual((await traceOf(18)).trace);
});

describe('deliberate breakages are caught', () => {
  it.each<[Sabotage, RegExp]>([
    ['own-changes-dropped', /^I1|^I9|^I12/],
    ['push-without-from', /^I1|^I6|^I9|^I12/],
    ['cursor-before-rows', /^I1|^I6|^I9|^I12/],
    ['verdicts-of-stream-only', /^I9/],
    ['held-ignored', /^I1|^I9/],
    ['compared-too-early', /^I12/],
    ['never-compared', /^I9.*differ/],
    ['step-without-rows', /^I1|^I9|^I12/],
  ])(
    '%s',
    async (sabotage, invariant) => {
      const { failures } = await runSimulation({ seeds: 300, sabotage, maxFailures: 1 });
      expect(failures).toHaveLength(1);
      expect(failures[0]?.violation).toMatch(invariant);
    },
    300_000,
  );
});
