/** Chance as a parameter, so that a simulation can be replayed from its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A fresh uuid (v4). */
  uuid(): string;
}

/** The machine's randomness. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => crypto.randomUUID(),
};
