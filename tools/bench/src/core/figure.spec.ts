import { atLeast, atMost, figure, ratioOf } from './figure.js';

const measured = figure({
  id: 'p2-node',
  title: 'commit → visible',
  unit: 'ms',
  value: 9,
  process: 'Node',
  clock: { starts: 'COMMIT is sent', stops: 'the cursor has moved' },
});

it('has nothing where nothing is said', () => {
  expect(measured).toMatchObject({ limit: null, budgets: [], use: [], bytes: {}, spread: null, series: [], notes: [] });
});

it('is set in proportion to its limit', () => {
  expect(ratioOf({ value: 9, limit: { value: 3, of: 'x' } })).toBe(3);
  expect(ratioOf(measured)).toBeNull();
  expect(ratioOf({ value: 9, limit: { value: 0, of: 'x' } })).toBeNull();
  expect(ratioOf({ value: null, limit: { value: 3, of: 'x' } })).toBeNull();
});

it('what was not measured keeps no budget', () => {
  expect(atMost('≤ 3', null, 3).kept).toBe(false);
  expect(atLeast('≥ 3', null, 3).kept).toBe(false);
  expect([atMost('≤ 3', 3, 3).kept, atLeast('≥ 3', 2, 3).kept]).toEqual([true, false]);
});
