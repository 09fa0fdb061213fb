import { GatedQueue } from './gated-queue.js';

function queueOf(highWater: number): { queue: GatedQueue<string>; calls: string[] } {
  const calls: string[] = [];
  const gate = { pause: () => void calls.push('pause'), resume: () => void calls.push('resume') };
  return { queue: new GatedQueue<string>(gate, highWater), calls };
}

describe('GatedQueue', () => {
  it('shuts the gate at the high-water mark and opens it below half', async () => {
    const { queue, calls } = queueOf(10);
    queue.push('a', 4);
    queue.push('b', 4);
    expect(calls).toEqual([]);
    queue.push('c', 4);
    expect(calls).toEqual(['pause']);
    expect(await queue.take()).toBe('a');
    expect(calls).toEqual(['pause']);
    expect(await queue.take()).toBe('b');
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('gives a waiting reader what comes, then the end', async () => {
    const { queue } = queueOf(10);
    const first = queue.take();
    queue.push('a', 1);
    queue.end(null);
    expect(await first).toBe('a');
    expect(await queue.take()).toBeUndefined();
  });

  it('tells an error after what had come before it', async () => {
    const { queue } = queueOf(10);
    queue.push('a', 1);
    queue.end(new Error('cut'));
    expect(await queue.take()).toBe('a');
    await expect(queue.take()).rejects.toThrow('cut');
  });

  it('forgets everything and opens the gate when it is discarded', async () => {
    const { queue, calls } = queueOf(1);
    queue.push('a', 1);
    queue.discard();
    queue.push('b', 1);
    expect(calls).toEqual(['pause', 'resume']);
    expect(await queue.take()).toBeUndefined();
  });
});
