import { arrivalOf } from './cursor-moves.js';

const moves = [
  { seq: 3n, at: 30 },
  { seq: 7n, at: 70 },
  { seq: 9n, at: 90 },
];

it('is the first move to a position or beyond it', () => {
  expect([1n, 3n, 4n, 7n, 9n].map((seq) => arrivalOf(moves, seq))).toEqual([30, 30, 70, 70, 90]);
});

it('says so if there is none', () => {
  expect(() => arrivalOf(moves, 10n)).toThrow('position 10 has not become visible');
});
