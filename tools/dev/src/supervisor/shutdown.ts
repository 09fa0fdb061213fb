/** The one way in which a run ends, whoever wants it: a signal, a failure, a dead part. */
export interface Shutdown {
  /** Aborted when the stop begins. */
  readonly signal: AbortSignal;
  /** Resolves with the exit code when all has stopped. */
  readonly done: Promise<number>;
  /** Begins the stop; later calls are ignored. */
  begin(exitCode: number): void;
}

/**
 * @param stopAll stops everything, in order
 * @param report told of what could not be stopped
 */
export function createShutdown(stopAll: () => Promise<void>, report: (error: unknown) => void): Shutdown {
  const controller = new AbortController();
  const done = Promise.withResolvers<number>();
  return {
    signal: controller.signal,
    done: done.promise,
    begin(exitCode) {
      if (controller.signal.aborted) return;
      controller.abort();
      stopAll().then(
        () => done.resolve(exitCode),
        (error: unknown) => {
          report(error);
          done.resolve(1);
        },
      );
    },
  };
}
