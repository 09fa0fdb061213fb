import { quoteLiteral, quoteTable, type SchemaMeta } from '@millrace/schema-meta';
import { GUARDED } from './replica-guard.js';

/**
 * The running transaction applies what the server sent. Not told by `session_replication_role` alone: each change of that flushes the plans of the whole
 * session, and with an echo between any two of them every local write would have its triggers planned anew.
 */
const APPLYING = `coalesce(current_setting('millrace.apply', true), '') = 'on'`;

/** Condition of a trigger that is silent while the server's rows are applied, unless a transaction of the app only says that they are [A1]. */
export const UNLESS_APPLIED = `when (not (${APPLYING}) or ${GUARDED})`;

/** Triggers that have this condition, or are silent in our own transactions anyway. */
const OURS = ['millrace_before', 'millrace_after', 'millrace_truncate', 'zz_tell_change'];

/** SQL for whether a synced table has a trigger that only the role of a replica silences: one of the app's. */
export function hasOtherTriggers({ tables }: SchemaMeta): string {
  if (tables.length === 0) return 'false'; // before the first migration
  const synced = tables.map(({ name }) => `${quoteLiteral(quoteTable(name))}::regclass`);
  return `exists (select from pg_trigger t where t.tgrelid in (${synced.join(', ')}) and not t.tgisinternal and t.tgname not in (${OURS.map(quoteLiteral).join(', ')}))`;
}
