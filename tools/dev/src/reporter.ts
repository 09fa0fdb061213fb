/** Prints the course of a command: one line per step with its duration. */
export interface Reporter {
  /** Runs `work` and prints one line with what it tells and how long it took. */
  step<T>(title: string, work: () => Promise<T>, outcome?: (result: T) => string): Promise<T>;
  /** Prints a line as it is. */
  line(text: string): void;
  /** Somebody has asked to stop: a step that ends in an error from now on was cut short by that and has not failed. */
  stopping(): void;
}

/** @param now milliseconds, monotonic */
export function createReporter(write: (text: string) => void, now: () => number): Reporter {
  let isStopping = false;
  return {
    async step(title, work, outcome) {
      const started = now();
      try {
        const result = await work();
        write(`✓ ${outcome?.(result) ?? title}  (${seconds(now() - started)})\n`);
        return result;
      } catch (error) {
        const mark = isStopping ? `– ${title}: cut short` : `✗ ${title}`;
        write(`${mark}  (${seconds(now() - started)})\n`);
        throw error;
      }
    },
    line: (text) => write(`${text}\n`),
    stopping: () => void (isStopping = true),
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
