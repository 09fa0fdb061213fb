import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHILD_LADDER } from './end-process.js';
import { findProcesses, findProcessesIn, findProcessesNaming } from './find-processes.js';
import { logSince, markLog } from './log-tail.js';
import { isAlive } from './process-identity.js';
import { spawnChild } from './spawn-child.js';
import type { ChildHandle } from './spawn-child.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-processes-'));
const logFile = join(folder, 'logs', 'child.log');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const children: ChildHandle[] = [];
/** Whatever a failed test leaves: a child that lives on would keep Jest from ending. */
afterEach(() => children.splice(0).forEach((child) => child.killGroup()));

function run(...command: [string, ...string[]]): ChildHandle {
  const child = spawnChild({ command, cwd: folder, env: { PATH: process.env['PATH'] }, logFile });
  children.push(child);
  return child;
}

describe('spawnChild', () => {
  it('writes all output to the log, and tells how the child ended', async () => {
    const mark = markLog(logFile);
    const child = run('sh', '-c', 'echo out; echo err >&2; exit 7');
    expect(await child.exited).toEqual({ code: 7, signal: null });
    expect(readFileSync(logFile, 'utf8')).toBe('out\nerr\n');
    expect(logSince(mark)).toBe(`out\nerr\n(all of it: ${logFile})`);
  });

  it('ends a child that ignores TERM', async () => {
    const child = run('sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done');
    while (!readFileSync(logFile, 'utf8').endsWith('ready\n')) await new Promise(setImmediate);
    await child.end([
      { signal: 'SIGTERM', waitMs: 100 },
      { signal: 'SIGKILL', waitMs: 5_000 },
    ]);
    expect(isAlive(child.ref)).toBe(false);
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('kills a whole group', async () => {
    const child = run('sh', '-c', 'sleep 4711 & wait');
    while (findProcesses(['sleep'], '4711').length === 0) await new Promise(setImmediate);
    child.killGroup();
    await child.exited;
    while (findProcesses(['sleep'], '4711').length > 0) await new Promise(setImmediate);
  });

  it('fails at once for a program that is not there', () => {
    expect(() => run('/nowhere/at-all')).toThrow('could not start /nowhere/at-all');
  });
});

describe('the process table', () => {
  it('is searched by argument, by folder and by part of a word', async () => {
    const child = run('sleep', '4712');
    const pids = (found: readonly { pid: number }[]): number[] => found.map(({ pid }) => pid);
    while (pids(findProcesses(['sleep'], '4712')).length === 0) await new Promise(setImmediate);
    expect(pids(findProcesses(['sleep'], '4712'))).toEqual([child.ref.pid]);
    expect(findProcesses(['sleep'], '471')).toEqual([]);
    expect(pids(findProcessesIn(folder))).toContain(child.ref.pid);
    expect(findProcessesIn(join(folder, 'logs'))).toEqual([]);
    expect(pids(findProcessesNaming('4712'))).toContain(child.ref.pid);
    await child.end(CHILD_LADDER);
  });
});
