import { createHealth, type CaptureState } from './health.js';

function world() {
  let now = 0;
  const clock = { now: () => now, sleep: () => Promise.resolve(), after: () => () => undefined };
  const health = createHealth({ clock, decoder: 'pgoutput', reader: 'stream' });
  return {
    become: (atMs: number, state: CaptureState) => {
      now = atMs;
      health.become(state);
    },
    rested: (atMs: number) => {
      now = atMs;
      health.rested();
    },
    lagOf: (atMs: number, commitMs: number) => {
      now = atMs;
      health.persisted({ transactions: 1, changes: 1 }, commitMs);
      return health.status(null).lagMs;
    },
    failingSince: (atMs: number) => {
      now = atMs;
      const { failingSince } = health.status(null);
      return failingSince === null ? null : Date.parse(failingSince);
    },
  };
}

test('capture fails since its first failure, whatever it tries in between', () => {
  const { become, failingSince } = world();
  become(0, 'starting');
  expect(failingSince(90_000)).toBeNull();
  become(100_000, 'backoff');
  become(101_000, 'starting');
  become(102_000, 'streaming');
  become(103_000, 'backoff');
  become(104_000, 'starting');
  expect(failingSince(105_000)).toBe(100_000);
  become(106_000, 'misconfigured');
  expect(failingSince(107_000)).toBe(100_000);
});

test('capture that has read for some time has recovered: its next failure counts from then', () => {
  const { become, failingSince } = world();
  become(0, 'backoff');
  become(1_000, 'streaming');
  expect(failingSince(2_000)).toBe(0);
  expect(failingSince(11_000)).toBeNull();
  become(12_000, 'gate-waiting');
  become(20_000, 'backoff');
  expect(failingSince(21_000)).toBe(20_000);
  become(22_000, 'asleep');
  expect(failingSince(23_000)).toBeNull();
});

test('[Z1] what was committed while nobody was there is late only since somebody is', () => {
  const { rested, lagOf } = world();
  expect(lagOf(5_000, 4_000)).toBe(1_000);
  rested(3_600_000);
  expect(lagOf(3_600_200, 10_000)).toBe(200);
  expect(lagOf(3_700_000, 3_699_990)).toBe(10);
});
