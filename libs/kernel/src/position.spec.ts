import { positionEquals, positionFromJson, positionToJson } from './position.js';

const position = { epoch: '00000000-0000-4000-8000-000000000001', seq: 2n ** 63n - 1n, chain: 'a'.repeat(32) };

describe('Position', () => {
  it('travels through JSON with all 64 bits of its seq', () => {
    const json = JSON.parse(JSON.stringify(positionToJson(position))) as ReturnType<typeof positionToJson>;
    expect(positionFromJson(json)).toEqual(position);
    expect(json.seq).toBe('9223372036854775807');
  });

  it.each([
    [{}, true],
    [{ seq: 1n }, false],
    [{ chain: 'b'.repeat(32) }, false],
    [{ epoch: 'other' }, false],
  ])('with %p: the same place is %p', (change, same) =>
    expect(positionEquals(position, { ...position, ...change })).toBe(same),
  );
});
