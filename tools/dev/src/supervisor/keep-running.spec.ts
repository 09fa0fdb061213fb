import type { ExitStatus } from '@millrace/processes';
import { keepRunning } from './keep-running.js';
import type { KeepRunningOptions, Listening } from './keep-running.js';

const logFile = '/logs/it.log';
const dead = (status: ExitStatus): Listening => ({ exited: Promise.resolve(status) });
const fault: ExitStatus = { code: 1, signal: null };

function options(
  start: () => Promise<Listening>,
): KeepRunningOptions<Listening> & { deaths: string[]; stop: AbortController } {
  const deaths: string[] = [];
  const stop = new AbortController();
  return {
    name: 'it',
    start,
    stopping: stop.signal,
    onDeath: (words) => deaths.push(words),
    onUp: () => undefined,
    logFile,
    now: () => 0,
    sleep: () => Promise.resolve(),
    deaths,
    stop,
  };
}

describe('keepRunning', () => {
  it('gives up with the last cause and the log, whether it died after listening or never listened', async () => {
    const it = options(() => Promise.reject(new Error('address in use')));
    await expect(keepRunning(dead(fault), it)).rejects.toMatchObject({
      message: 'it keeps dying and is given up',
      why: 'address in use',
      wayOut: [expect.stringContaining(logFile), expect.anything()],
    });
    expect(it.deaths).toEqual(['exit code 1', ...Array(4).fill('address in use')]);
  });

  it('takes a death during an orderly stop for no news', async () => {
    const starts: number[] = [];
    const it = options(async () => dead(fault));
    it.stop.abort();
    await keepRunning(dead(fault), { ...it, start: async () => dead(fault), onUp: () => void starts.push(1) });
    expect(starts).toEqual([]);
    expect(it.deaths).toEqual([]);
  });

  it('does not start again when the stop begins while it waits', async () => {
    const it = options(() => Promise.reject(new Error('must not start')));
    await keepRunning(dead(fault), { ...it, sleep: async () => it.stop.abort() });
    expect(it.deaths).toEqual(['exit code 1']);
  });
});
