import { cpus, freemem, loadavg, totalmem, type as systemName, release } from 'node:os';

/** What the figures were measured on: without it they say nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly commit: string;
  /** Load of the last minute and free memory, when the run began: others may have been at work. */
  readonly loadBefore: number;
  readonly freeGb: number;
}

const gigabytes = (bytes: number): number => Math.round(bytes / 2 ** 30);

export function describeMachine(commit: string): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: gigabytes(totalmem()),
    system: `${systemName()} ${release()}`,
    node: process.version,
    commit,
    loadBefore: Number(loadavg()[0]?.toFixed(2)),
    freeGb: gigabytes(freemem()),
  };
}
