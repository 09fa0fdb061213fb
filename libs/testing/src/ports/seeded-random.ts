import type { Random } from '@millrace/kernel';

/** Chance that a seed repeats exactly. */
export interface SeededRandom extends Random {
  /** Uniform integer in [0, below). */
  int(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the items; there must be one. */
  pick<T>(items: readonly T[]): T;
  /** An independent stream, so that one part drawing more often does not change what another draws. */
  fork(): SeededRandom;
}

/** The same seed, the same sequence, in every runtime (splitmix32). */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const bits = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const next = () => bits() / 2 ** 32;
  const int = (below: number) => Math.floor(next() * below);
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick: there is nothing to pick from');
      return items[int(items.length)] as (typeof items)[number];
    },
    uuid: () => uuidOf([bits(), bits(), bits(), bits()]),
    fork: () => seededRandom(bits()),
  };
}

function uuidOf(words: readonly number[]): string {
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
