import { tokenSource } from './token-source.js';

describe('a source of tokens', () => {
  it('asks once for calls that are close together, and again later', async () => {
    let now = 0;
    let asked = 0;
    const source = tokenSource(() => Promise.resolve(`token ${(asked += 1)}`), { now: () => now });
    expect(await Promise.all([source(), source()])).toEqual(['token 1', 'token 1']);
    now = 60_000;
    expect(await source()).toBe('token 2');
  });

  it('does not keep a failure', async () => {
    const answers = [Promise.reject(new Error('down')), Promise.resolve('token')];
    const source = tokenSource(() => answers.shift() ?? Promise.resolve(''), { now: () => 0 });
    await expect(source()).rejects.toThrow('down');
    expect(await source()).toBe('token');
  });
});
