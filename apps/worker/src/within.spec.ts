import { manualClock } from '@millrace/testing';
import { within } from './within.js';

describe('within', () => {
  it('gives the result, and leaves no timer', async () => {
    const clock = manualClock();
    await expect(within(clock, 1_000, 'a call', Promise.resolve(7))).resolves.toBe(7);
    expect(clock.nextAt()).toBeNull();
  });

  it('passes a failure on', async () => {
    const clock = manualClock();
    await expect(within(clock, 1_000, 'a call', Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(clock.nextAt()).toBeNull();
  });

  it('is a timeout that may be repeated, where nobody answers', async () => {
    const clock = manualClock();
    const waiting = within(clock, 1_000, 'a call', new Promise(() => undefined));
    clock.advance(1_000);
    await expect(waiting).rejects.toMatchObject({
      code: 'timeout',
      retry: 'backoff',
      message: expect.stringContaining('a call'),
    });
  });
});
