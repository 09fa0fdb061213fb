import { SyncError } from '@millrace/kernel';
import { isPinned } from '../store/session-settings.js';

const COMMENT_OR_SPACE = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;
const WRITING = /^(?:insert|update|delete|merge|with|copy|call|do|execute)\b/i;
const READING = /^(?:select|show|values|table)\b/i;
/** A read that may change the session, or what the client keeps, is seen to like a write. */
const MEDDLING = /\bset_config\b|\bsync\s*"?\s*\./i;
const TRANSACTION_CONTROL = /^(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b/i;
const DATA_ONLY = /^(?:insert|update|delete|merge|with|copy|select|show|values|table)\b/i;
const SETTING = /^(?:set(?:\s+(?:session|local))?|reset)\s+(?:(time\s+zone)|"?([a-z_.]+)"?)/i;

/**
 * `control`: would end or begin a transaction under the client's feet. `write`: may change rows. `read`: changes nothing that counts. `alone`: Postgres runs
 * it outside a transaction only.
 */
export type StatementKind = 'read' | 'write' | 'control' | 'alone' | 'other';

/** By its first word. A SELECT that calls a writing function counts as a read: it is recorded all the same, only not validated early. */
export function statementKind(sql: string): StatementKind {
  const start = sql.replace(COMMENT_OR_SPACE, '');
  if (READING.test(start)) return MEDDLING.test(start) ? 'other' : 'read';
  if (WRITING.test(start)) return 'write';
  if (/^vacuum\b/i.test(start)) return 'alone';
  return TRANSACTION_CONTROL.test(start) ? 'control' : 'other';
}

/**
 * Refuses, by name, what could switch off the checks that each transaction ends with; what merely breaks their rules is found by them. Returns the
 * statement. Throws `unsupported-sql`.
 */
export function refuseUnsupported(sql: string): string {
  const start = sql.replace(COMMENT_OR_SPACE, '');
  // A BEGIN or COMMIT by hand would take other callers' statements with it: they share the one session.
  if (TRANSACTION_CONTROL.test(start))
    throw unsupported('Use db.transaction(…) in place of BEGIN, COMMIT and ROLLBACK.');
  if (/^(?:discard|unlisten)\b/i.test(start))
    throw unsupported(
      'DISCARD and UNLISTEN would take from the client what it has set up in the session it shares with you.',
    );
  if (/^(?:create|alter|drop)\s+event\s+trigger\b/i.test(start))
    throw unsupported(
      'An event trigger cannot be made or changed on a replica: its own ones keep synced tables whole.',
    );
  const [, zone, name] = SETTING.exec(start) ?? [];
  const setting = zone ? 'TimeZone' : (name ?? '');
  if (isPinned(setting) || /^(?:reset\s+all|set\s+(?:session\s+)?authorization|reset\s+session)\b/i.test(start))
    throw unsupportedSetting(setting);
  const hidden = /\b(session_replication_role|event_triggers|millrace\.app(?:ly)?)\b/i.exec(start)?.[1];
  if (hidden && (!DATA_ONLY.test(start) || /\bset_config\b/i.test(start))) throw unsupportedSetting(hidden);
  return sql;
}

/** `settings`: names, for people. */
export function unsupportedSetting(settings: string): SyncError {
  return unsupported(
    `The session's settings are the client's (${settings}): changes would not be recorded, or values be read wrongly. Format values in the query, say with to_char or AT TIME ZONE; nothing was changed.`,
  );
}

function unsupported(message: string): SyncError {
  return new SyncError('unsupported-sql', message);
}
