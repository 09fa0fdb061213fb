import { randomUUID } from 'node:crypto';
import { shardOf } from './stubs.js';

describe('shardOf', () => {
  it('is always the same for a client [W3]', () => {
    const id = randomUUID();
    expect(new Set(Array.from({ length: 5 }, () => shardOf(id, 4))).size).toBe(1);
  });

  it('spreads clients over all gateways', () => {
    const shards = Array.from({ length: 400 }, () => shardOf(randomUUID(), 4));
    expect([...new Set(shards)].sort()).toEqual([0, 1, 2, 3]);
  });

  it.each(['', 'no hex', '../x'])('of %p is a gateway that exists', (id) => expect(shardOf(id, 4)).toBe(0));
});
