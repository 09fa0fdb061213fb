import { readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

/** A process at one moment. */
export interface ProcessSample {
  readonly pid: number;
  readonly parent: number;
  /** Of itself alone: an ended child was counted for as long as it was seen. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** Every process of this machine. macOS has no /proc. */
export function readProcessTable(): readonly ProcessSample[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** A process and all below it, as far as they run now. */
export function treeOf(table: readonly ProcessSample[], root: number): readonly ProcessSample[] {
  const tree = table.filter(({ pid }) => pid === root);
  const known = new Set(tree.map(({ pid }) => pid));
  for (let grown = true; grown; ) {
    const more = table.filter(({ pid, parent }) => known.has(parent) && !known.has(pid));
    more.forEach((sample) => known.add(sample.pid));
    tree.push(...more);
    grown = more.length > 0;
  }
  return tree;
}

/** CPU seconds that the whole machine has spent since it started; null where the system does not tell. */
export function machineCpuSeconds(): number | null {
  if (process.platform !== 'linux') return null;
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .slice(0, 400)
    .split(/\s+/)
    .map(Number);
  return [user, nice, system, irq, softirq].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) / TICKS_PER_SECOND;
}

/** The kernel's unit for times in /proc, the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

function fromProc(): ProcessSample[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        return [fromStat(readFileSync(`/proc/${entry}/stat`, 'utf8'))];
      } catch {
        return []; // ended while we looked
      }
    });
}

/** The program's name may hold spaces and brackets: fields are counted from the last bracket on. */
export function fromStat(stat: string): ProcessSample {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const field = (number: number): number => fields[number - 3] ?? 0;
  return {
    pid: Number.parseInt(stat, 10),
    parent: field(4),
    cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    rssBytes: field(24) * PAGE_BYTES,
  };
}

function fromPs(): ProcessSample[] {
  const listing = execFileSync('ps', ['-axo', 'pid=,ppid=,rss=,time='], { encoding: 'utf8' });
  return listing
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, rss, time = '0'] = line.trim().split(/\s+/);
      const cpuSeconds = time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
      return { pid: Number(pid), parent: Number(parent), cpuSeconds, rssBytes: Number(rss) * 1024 };
    });
}
