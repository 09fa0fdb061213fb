import { SyncError } from './errors.js';

/** States what the following code relies on. Stays on in production: going on with a broken invariant is how data is lost. */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new SyncError('assertion-failed', typeof message === 'string' ? message : message());
}

/** The value, which the caller knows to be there. */
export function must<T>(value: T | null | undefined, message: string | (() => string)): T {
  assert(value !== null && value !== undefined, message);
  return value;
}

/** Marks the branch that the compiler has proven impossible. */
export function unreachable(value: never): never {
  throw new SyncError('assertion-failed', `unreachable: ${JSON.stringify(value)}`);
}
