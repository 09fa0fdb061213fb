import { exitCodeOf, lastLine, tally } from './tally.js';
import type { JestCounts } from './tally.js';

const counts = (project: string, passed: number, failed = 0, skipped = 0): JestCounts => ({
  project,
  passed,
  failed,
  skipped,
  skippedNames: [],
});
const outcome = (code: number, ...failedTasks: string[]) => ({ code, failedTasks });

describe('the tally of npm test', () => {
  it('adds up what passed, failed and was skipped', () => {
    const total = tally([counts('a', 3, 0, 1), counts('b', 4, 2)], [outcome(1, 'b:test')]);
    expect(lastLine(total)).toBe('7 passed, 2 failed, 1 skipped');
    expect(exitCodeOf(total)).toBe(1);
  });

  it('counts a failed lint or types as one failure', () => {
    expect(tally([counts('a', 3)], [outcome(1, 'a:lint', 'a:typecheck')])).toMatchObject({ failed: 2 });
  });

  it('counts tests that died without leaving a failed one', () => {
    expect(tally([counts('a', 3)], [outcome(1, 'a:test', 'b:e2e')])).toMatchObject({ failed: 2 });
    expect(tally([counts('b', 3, 1)], [outcome(1, 'a:test', 'b:test')])).toMatchObject({ failed: 2 });
  });

  it('counts an nx that failed without naming a task', () => {
    expect(tally([counts('a', 3)], [outcome(1)])).toMatchObject({ failed: 1 });
  });

  it('fails when nothing was tested', () => {
    expect(exitCodeOf(tally([], [outcome(0)]))).toBe(1);
    expect(exitCodeOf(tally([counts('a', 1)], [outcome(0)]))).toBe(0);
  });
});
