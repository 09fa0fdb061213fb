import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isAlive, processStartTime, refOf } from './process-identity.js';

describe('the identity of a process', () => {
  it('lasts as long as the process', async () => {
    const child = spawn('sleep', ['60']);
    const ref = refOf(child.pid ?? -1);
    if (ref === null) throw new Error('sleep is not there');
    expect(isAlive(ref)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(ref)).toBe(false);
    expect(refOf(ref.pid)).toBeNull();
  });

  it('is not that of another process with the same pid', () => {
    const mine = { pid: process.pid, startTime: processStartTime(process.pid) ?? '' };
    expect(isAlive(mine)).toBe(true);
    expect(isAlive({ ...mine, startTime: `${mine.startTime}0` })).toBe(false);
  });

  it('counts a zombie as dead: it waits only to be collected', async () => {
    // The shell becomes a sleep that never collects the child it started before.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const zombie = Number(line.toString());
    while (refOf(zombie) !== null) await new Promise(setImmediate);
    expect(processStartTime(zombie)).toBeNull();
    parent.kill('SIGKILL');
  });
});
