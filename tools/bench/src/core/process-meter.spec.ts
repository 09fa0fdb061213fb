import { TreeUse, meterProcesses } from './process-meter.js';
import { fromStat, readTree, treeOf, type ProcessSample } from './process-table.js';

const sample = (pid: number, parent: number, cpuSeconds = 0, rssBytes = 0): ProcessSample => ({
  pid,
  parent,
  cpuSeconds,
  rssBytes,
});

it('reads a process whose name has spaces and brackets', () => {
  const after = `S 7 ${Array.from({ length: 60 }, (_, index) => index + 5).join(' ')}`;
  // Fields 14 and 15 hold their own numbers here: times in hundredths of a second; field 24 is the memory in pages.
  expect(fromStat(`123 (tab (2) x) ${after}`)).toEqual({
    pid: 123,
    parent: 7,
    cpuSeconds: (14 + 15) / 100,
    rssBytes: 24 * 4096,
  });
});

it('finds a process and all below it, in whatever order they are listed', () => {
  const table = [sample(4, 3), sample(1, 0), sample(2, 1), sample(3, 2), sample(9, 1), sample(5, 8)];
  expect(treeOf(table, 2).map(({ pid }) => pid)).toEqual([2, 3, 4]);
});

it('counts from the first look on, newcomers whole, and those that ended as they were last seen', () => {
  const tree = new TreeUse();
  tree.see([sample(1, 0, 10, 100)]);
  tree.see([sample(1, 0, 11, 100), sample(2, 1, 3, 50)]);
  tree.see([sample(1, 0, 12, 90)]);
  expect(tree.use()).toEqual({ cpuSeconds: 2 + 3, peakRssBytes: 150 });
});

it('measures this very process', () => {
  expect(readTree(process.pid)[0]?.pid).toBe(process.pid);
  const meter = meterProcesses({ here: process.pid });
  const until = process.cpuUsage().user + 200_000;
  while (process.cpuUsage().user < until);
  const [use] = meter.stop();
  expect(use?.cpuSeconds).toBeGreaterThan(0.1);
  expect(use?.peakRssBytes).toBeGreaterThan(10_000_000);
});
