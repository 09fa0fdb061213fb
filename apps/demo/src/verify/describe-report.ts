import type { VerifiedTable, VerifyReport } from '@millrace/pglite-client/react';

const REASONS: Readonly<Record<NonNullable<VerifiedTable['reason']>, string>> = {
  'changed-meanwhile': 'changed while it was compared: ask again',
  'other-algorithm': 'hashed in another way by the server: update the app',
  'unknown-table': 'not known to this page: update the app',
  behind: 'the changes up to there did not come in time: ask again',
};

/** What a comparison came to, in one sentence. */
export function describeReport({ tables }: VerifyReport): string {
  const repaired = tables.filter(({ outcome }) => outcome === 'repaired').map(({ name }) => name);
  const open = tables.filter(({ outcome }) => outcome === 'not-comparable').length;
  if (repaired.length > 0)
    return `${repaired.join(', ')} differed from the server and ${repaired.length === 1 ? 'was' : 'were'} loaded anew.`;
  if (open > 0) return `${open} of ${tables.length} tables could not be compared; the others are equal.`;
  return `All ${tables.length} tables are equal to the server's.`;
}

/** One table's line. */
export function describeTable({ outcome, rows, reason }: VerifiedTable): string {
  if (reason !== null) return REASONS[reason];
  return `${outcome}, ${rows.toLocaleString('en')} rows`;
}
