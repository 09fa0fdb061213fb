import type { SnapshotTable } from '@millrace/sync-protocol';
import { manualClock } from '@millrace/testing';
import { tableOf } from '../fixtures/snapshot-world.js';
import { progressTracker, type HydrationProgress } from './progress.js';

describe('progressTracker', () => {
  let tables: readonly SnapshotTable[];
  beforeAll(async () => {
    tables = [await tableOf('items', ['a', 'b', 'c']), await tableOf('pairs', ['d'])];
  });

  function world() {
    const clock = manualClock(0);
    let last: HydrationProgress | undefined;
    const tracker = progressTracker(clock, (progress) => (last = progress));
    return { clock, tracker, last: () => last };
  }
  const chunk = () => tables[0]!.chunks[0]!;

  it('tells how far the server is with its build', () => {
    const { tracker, last } = world();
    tracker.building(10, 100);
    expect(last()).toMatchObject({ phase: 'building', rows: 10, of: 100, secondsLeft: null });
    tracker.building(110, 100);
    expect(last()).toMatchObject({ rows: 110, of: 110 });
  });

  it('counts bytes, rows and tables, and says what the slower of the two has left', () => {
    const { clock, tracker, last } = world();
    tracker.planned(tables);
    expect(last()).toEqual({
      phase: 'downloading',
      tables: 0,
      ofTables: 2,
      rows: 0,
      of: 4,
      bytes: 0,
      ofBytes: 40,
      rowsPerSecond: null,
      secondsLeft: null,
    });
    clock.advance(2_000);
    tracker.chunk(chunk(), false);
    tracker.chunk(chunk(), false);
    expect(last()).toMatchObject({ bytes: 20, secondsLeft: null });
    tracker.loaded(1);
    expect(last()).toMatchObject({ rows: 1, rowsPerSecond: 1, secondsLeft: 6 });
    tracker.chunk(chunk(), false);
    tracker.chunk(chunk(), false);
    tracker.loaded(3);
    expect(last()).toMatchObject({ phase: 'loading', tables: 1, bytes: 40, rowsPerSecond: 2, secondsLeft: 1 });
    tracker.loaded(4);
    expect(last()).toMatchObject({ tables: 2, secondsLeft: 0 });
  });

  it("an earlier attempt's bytes are there, but tell nothing of the speed", () => {
    const { clock, tracker, last } = world();
    tracker.planned(tables);
    tracker.chunk(chunk(), true);
    tracker.chunk(chunk(), true);
    clock.advance(1_000);
    tracker.loaded(2);
    expect(last()).toMatchObject({ bytes: 20, secondsLeft: null });
    tracker.chunk(chunk(), false);
    expect(last()).toMatchObject({ bytes: 30, secondsLeft: 1 });
  });

  it('a plan that grows counts anew', () => {
    const { tracker, last } = world();
    tracker.planned(tables);
    tracker.chunk(chunk(), false);
    tracker.planned(tables.slice(0, 1));
    expect(last()).toMatchObject({ bytes: 0, ofBytes: 30, ofTables: 1 });
  });
});
