import { pollUntil } from './poll-until.js';

describe('pollUntil', () => {
  it('ends with the first look that finds it so', async () => {
    let looks = 0;
    await pollUntil('three looks', async () => ++looks === 3, { everyMs: 1 });
    expect(looks).toBe(3);
  });

  it('says what did not come', () =>
    expect(pollUntil('a port answers', async () => false, { everyMs: 1, withinMs: 5 })).rejects.toThrow(
      'a port answers: not within 0.005 s',
    ));
});
