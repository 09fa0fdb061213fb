import type { MutationResult } from '@millrace/sync-protocol';
import { MUTATION_LIMITS } from './limits.js';

/** Why a mutation was rejected, or what was merged. For people: never SQL, never another tenant's data (I8, X28). */
export type VerdictReason = NonNullable<MutationResult['reason']>;

/** Ends the mutation with `rejected`: thrown between savepoint and verdict, never beyond {@link applyMutation}. */
export class Rejection extends Error {
  readonly reason: VerdictReason;

  constructor(reason: VerdictReason) {
    super(reason.code);
    this.name = 'Rejection';
    this.reason = reason;
  }
}

/**
 * A reason that jsonb can hold. Messages of triggers and validators, and names that a client made up, may hold NUL or half a surrogate pair;
 * jsonb refuses both, outside the savepoint, and the mutation would fail for ever.
 */
export function storableReason(reason: VerdictReason): VerdictReason {
  const columns = reason.columns?.map(storable).filter((name) => name !== '');
  return {
    code: reason.code,
    message: storable(reason.message).slice(0, MUTATION_LIMITS.reasonChars).toWellFormed(),
    ...(reason.table ? { table: storable(reason.table) } : {}),
    ...(columns && columns.length > 0 ? { columns: columns.slice(0, MUTATION_LIMITS.reasonColumns) } : {}),
    ...(reason.constraint ? { constraint: storable(reason.constraint) } : {}),
  };
}

function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
