import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process at one moment. */
export interface ProcessSample {
  readonly pid: number;
  readonly parent: number;
  /** Of itself alone: an ended child was counted for as long as it was seen. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** A process and all below it, as far as they run now. macOS has no /proc. */
export function readTree(root: number): readonly ProcessSample[] {
  return process.platform === 'linux' ? treeFromProc(root) : treeOf(fromPs(), root);
}

/** Resident memory of one process; 0 if it is gone. */
export function residentBytes(pid: number): number {
  return readTree(pid)[0]?.rssBytes ?? 0;
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

/**
 * Walks down from the root: reading all of a busy machine's processes would take tens of milliseconds of the very process that is measured.
 */
function treeFromProc(root: number): ProcessSample[] {
  const tree: ProcessSample[] = [];
  for (const left = [root]; left.length > 0; ) {
    const pid = left.shift() as number;
    try {
      tree.push(fromStat(readFileSync(`/proc/${pid}/stat`, 'utf8')));
      left.push(...childrenOf(pid));
    } catch {
      // ended while we looked
    }
  }
  return tree;
}

/** Whoever starts processes does it on its main thread: Node, Postgres, Chromium. */
function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
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
