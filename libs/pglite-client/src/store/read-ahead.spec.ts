import { readAhead } from './read-ahead.js';

describe('readAhead', () => {
  it('has the next one on its way while one is worked on, and never more', async () => {
    const log: string[] = [];
    const read = (item: number) => {
      log.push(`read ${item}`);
      return Promise.resolve(item * 10);
    };
    for await (const [item, value] of readAhead([1, 2, 3], read)) log.push(`got ${item}: ${value}`);
    expect(log).toEqual(['read 1', 'read 2', 'got 1: 10', 'read 3', 'got 2: 20', 'got 3: 30']);
  });

  it('fails at the turn of what failed', async () => {
    const got: number[] = [];
    const all = async () => {
      for await (const [, value] of readAhead([1, 2], (item) =>
        item === 2 ? Promise.reject(new Error('gone')) : Promise.resolve(item),
      ))
        got.push(value);
    };
    await expect(all()).rejects.toThrow('gone');
    expect(got).toEqual([1]);
  });

  it('a failure that nobody waits for any more is nobody’s', async () => {
    for await (const [,] of readAhead([1, 2], (item) =>
      item === 2 ? Promise.reject(new Error('gone')) : Promise.resolve(item),
    ))
      break;
  });
});
