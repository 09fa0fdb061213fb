/** A well-known mistake, and the tests that exist to catch it. */
export interface Mutant {
  /** What is done wrong, in a few words. */
  readonly name: string;
  /** What would happen to somebody's data. */
  readonly harm: string;
  readonly edits: readonly Edit[];
  readonly killedBy: readonly Killer[];
}

/** A piece of source text that occurs exactly once, and what stands there in the mutant. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A test that must turn red. */
export interface Killer {
  /** Folder of the project. */
  readonly project: string;
  /** Spec file, relative to the project. */
  readonly spec: string;
  /** The test's full name, or a part of it that names no other. */
  readonly test: string;
}
