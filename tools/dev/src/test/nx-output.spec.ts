import { NX_START, looksFailed, readNxLine, summarise } from './nx-output.js';
import type { NxTask } from './nx-output.js';

const RUN = `
 NX   Running target test for 2 projects:

- kernel
- demo

> nx run demo:test

> jest

Directory was not found.
Warning: command "jest" exited with non-zero status code
> nx run kernel:test  [local cache]

> jest

Tests:       1 skipped, 108 passed, 109 total

 NX   Running target test for 2 projects failed

Failed tasks:

- demo:test

  Run duration:      1.2s`;

function read(text: string): { finished: NxTask[]; failed: readonly string[] } {
  let progress = NX_START;
  const finished: NxTask[] = [];
  for (const line of text.split('\n')) {
    const step = readNxLine(progress, line);
    progress = step.progress;
    if (step.finished !== null) finished.push(step.finished);
  }
  return { finished, failed: progress.failed };
}

describe('the output of nx', () => {
  it('is read task by task', () => {
    const { finished, failed } = read(RUN);
    expect(finished.map(({ id, cached }) => [id, cached])).toEqual([
      ['demo:test', false],
      ['kernel:test', true],
    ]);
    expect(failed).toEqual(['demo:test']);
  });

  it('is told in one line per task', () => {
    const { finished } = read(RUN);
    expect(finished.map(looksFailed)).toEqual([true, false]);
    expect(finished.map(summarise)).toEqual(['✗  demo:test', '✓  kernel:test  1 skipped, 108 passed  (cached)']);
  });
});
