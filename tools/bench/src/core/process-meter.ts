import { machineCpuSeconds, readTree, treeOf, type ProcessSample } from './process-table.js';

/** What a process and its children used while the clock ran. */
export interface ProcessUse {
  readonly name: string;
  readonly cpuSeconds: number;
  /** Highest sum of resident memory that was seen. Pages shared between processes count in each of them. 0: not looked at. */
  readonly peakRssBytes: number;
}

export interface ProcessMeter {
  /** Ends the measurement. */
  stop(): readonly ProcessUse[];
}

/** Memory may rise and fall between two looks; a look takes about a millisecond of this process. */
const LOOK_EVERY_MS = 500;

/** What the machine did beside all that is ours: figures of a busy machine are no figures of the product. */
export const OTHERS = 'others on this machine';

/**
 * Watches process trees by the pids of their roots until it is stopped. This very process counts without its children, who are
 * Postgres, workerd and browsers with names of their own.
 */
export function meterProcesses(roots: Readonly<Record<string, number>>): ProcessMeter {
  const named = Object.entries(roots).map(([name, root]) => ({ name, root, use: new TreeUse() }));
  const ours = new TreeUse();
  const machineBefore = machineCpuSeconds();
  const look = (): void => {
    const all = readTree(process.pid);
    ours.see(all);
    for (const { root, use } of named) use.see(root === process.pid ? all.slice(0, 1) : treeOf(all, root));
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      look();
      const uses = named.map(({ name, use }) => ({ name, ...use.use() }));
      const machineAfter = machineCpuSeconds();
      if (machineBefore === null || machineAfter === null) return uses;
      const cpuSeconds = Math.max(0, machineAfter - machineBefore - ours.use().cpuSeconds);
      return [...uses, { name: OTHERS, cpuSeconds, peakRssBytes: 0 }];
    },
  };
}

/** Sums up a tree whose processes come and go. */
export class TreeUse {
  readonly #first = new Map<number, number>();
  readonly #last = new Map<number, number>();
  #peak = 0;
  #looks = 0;

  see(tree: readonly ProcessSample[]): void {
    for (const { pid, cpuSeconds } of tree) {
      // What a process had used before we looked for the first time is not ours; one that came later began with nothing.
      if (!this.#first.has(pid)) this.#first.set(pid, this.#looks === 0 ? cpuSeconds : 0);
      this.#last.set(pid, cpuSeconds);
    }
    this.#looks += 1;
    this.#peak = Math.max(
      this.#peak,
      tree.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    );
  }

  use(): Omit<ProcessUse, 'name'> {
    const cpuSeconds = [...this.#last].reduce((sum, [pid, last]) => sum + last - (this.#first.get(pid) ?? 0), 0);
    return { cpuSeconds, peakRssBytes: this.#peak };
  }
}
