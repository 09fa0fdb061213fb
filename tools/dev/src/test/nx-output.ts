/** One task as nx's `static` output shows it: a header, then all that the task printed. */
export interface NxTask {
  /** `project:target` */
  readonly id: string;
  readonly cached: boolean;
  readonly output: readonly string[];
}

/** What can be told of a run of nx from its output so far. */
export interface NxProgress {
  /** The task whose output is being read. */
  readonly current: NxTask | null;
  readonly inFailedList: boolean;
  /** All tasks that nx lists as failed. */
  readonly failed: readonly string[];
}

export const NX_START: NxProgress = { current: null, inFailedList: false, failed: [] };

const HEADER = /^> nx run (\S+)(.*)$/;
const SUMMARY = /^ NX {3}/;
const FAILED_LIST = /^Failed tasks:$/;
const FAILED_ITEM = /^- (\S+)$/;

/** Reads one line. @returns the progress, and a task if this line shows that its output is complete */
export function readNxLine(progress: NxProgress, line: string): { progress: NxProgress; finished: NxTask | null } {
  const header = HEADER.exec(line);
  if (header !== null) {
    const current = { id: header[1] ?? '', cached: /cache/.test(header[2] ?? ''), output: [] };
    return { progress: { ...progress, current }, finished: progress.current };
  }
  if (SUMMARY.test(line)) return { progress: { ...progress, current: null }, finished: progress.current };
  if (FAILED_LIST.test(line)) return { progress: { ...progress, inFailedList: true }, finished: null };
  const item = progress.inFailedList ? FAILED_ITEM.exec(line) : null;
  if (item !== null) return { progress: { ...progress, failed: [...progress.failed, item[1] ?? ''] }, finished: null };
  if (progress.current === null) return { progress, finished: null };
  const current = { ...progress.current, output: [...progress.current.output, line] };
  return { progress: { ...progress, current }, finished: null };
}

const FAILED_COMMAND = /^Warning: command ".*" exited with non-zero status code$/;
const JEST_COUNTS = /^Tests:\s+(.*), \d+ total$/;

/** True if the task's own output says that it failed; the list at the end of the run has the last word. */
export function looksFailed({ output }: NxTask): boolean {
  return output.some((line) => FAILED_COMMAND.test(line));
}

/** One line for people: the task and, of tests, how many. */
export function summarise(task: NxTask): string {
  const counts = task.output.map((line) => JEST_COUNTS.exec(line)?.[1]).find((text) => text !== undefined);
  return [
    looksFailed(task) ? '✗' : '✓',
    task.id,
    ...(counts === undefined ? [] : [counts]),
    ...(task.cached ? ['(cached)'] : []),
  ].join('  ');
}
