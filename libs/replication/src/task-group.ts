import { SyncError } from '@millrace/kernel';

/** Endless tasks that live and die together: the first one that fails ends all, and none outlives the group. */
export interface TaskGroup {
  /** Aborts when the outer signal does, or when a task fails, with that reason. */
  readonly signal: AbortSignal;
  run(task: Promise<unknown>): void;
  /** Something to be closed at the end, so that tasks that wait for it come back. */
  closing(close: () => Promise<void>): void;
  /** Rejects with what ended the group. */
  ended(): Promise<never>;
  /** Ends the group; resolves when no task is left. */
  close(): Promise<void>;
}

export function createTaskGroup(outer: AbortSignal): TaskGroup {
  const own = new AbortController();
  const signal = AbortSignal.any([outer, own.signal]);
  const tasks: Promise<unknown>[] = [];
  const closers: (() => Promise<void>)[] = [];

  return {
    signal,
    run(task) {
      tasks.push(
        task.then(
          () => own.abort(new SyncError('closed', 'a part of capture has ended')),
          (error: unknown) => own.abort(error),
        ),
      );
    },
    closing: (close) => void closers.push(close),
    ended: () =>
      new Promise((_resolve, reject) => {
        const end = () => reject(signal.reason as Error);
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      }),
    async close() {
      own.abort(new SyncError('closed', 'the capture session has ended'));
      await Promise.allSettled(closers.map((close) => close()));
      await Promise.all(tasks);
    },
  };
}
