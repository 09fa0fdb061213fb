import { SleepRecord, type KeptFigures, type SleepStorage } from './sleep-record.js';

const figures: KeptFigures = {
  slot: null,
  position: null,
  lastCommitAt: null,
  counters: { transactions: 1, changes: 2, pushes: 3, doorbells: 4, pages: 5, resyncs: 6, fills: 7, quarantined: 8 },
  incidents: [],
  epochs: [],
  schema: { version: '1.0.0', migrations: [] },
};

function storage(): SleepStorage & { readonly calls: string[] } {
  const kept = new Map<string, unknown>();
  const calls: string[] = [];
  return {
    calls,
    kv: {
      get: <T>(key: string) => kept.get(key) as T | undefined,
      put: (key, value) => {
        calls.push(`put ${key}`);
        kept.set(key, value);
      },
      delete: (key) => kept.delete(key),
    },
    setAlarm: async (at) => void calls.push(`alarm ${at}`),
    sync: async () => void calls.push('sync'),
  };
}

it('[Z1] sleep, what is shown meanwhile and the alarm for its end are on disk together, and outlive the object', async () => {
  const disk = storage();
  await new SleepRecord(disk).begin({ since: 5, nextLookAt: 65 }, figures);
  expect(disk.calls).toEqual(['put sleep', 'put figures', 'alarm 65', 'sync']);
  const again = new SleepRecord(disk);
  expect([again.sleep, again.figures]).toEqual([{ since: 5, nextLookAt: 65 }, figures]);
});

it('[Z1] what is awake has no sleep on disk; what it was like before stays known', async () => {
  const disk = storage();
  const record = new SleepRecord(disk);
  expect(record.end()).toBe(false);
  await record.begin({ since: 5, nextLookAt: 65 }, figures);
  expect(record.end()).toBe(true);
  expect([record.sleep, record.figures]).toEqual([null, figures]);
});
