import { quoteLiteral } from '@millrace/schema-meta';

/**
 * What the session must be set to whenever a transaction commits: capture, apply and the one text of each value rest on it [C2]. Named as Postgres
 * names them.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'iso_8601',
  extra_float_digits: '1',
  bytea_output: 'hex',
  session_replication_role: 'origin',
  event_triggers: 'on',
  search_path: 'public',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  row_security: 'on',
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  lock_timeout: '0',
  transaction_timeout: '0',
  role: 'none',
  'millrace.apply': 'off',
};

const NAMES = new Set(Object.keys(SETTINGS).map((name) => name.toLowerCase()));

/** Puts the session's settings right. */
export const PIN_SESSION = Object.entries(SETTINGS)
  .map(([name, value]) => `set ${name} = ${name === 'search_path' ? value : quoteLiteral(value)};`)
  .join(' ');

/** SQL for the settings that are not as they must be, as text; null if all are. */
export const CHANGED_SETTINGS = `(select string_agg(s.name, ', ') from (values ${Object.entries(SETTINGS)
  .map(([name, value]) => `(${quoteLiteral(name)}, ${quoteLiteral(value)})`)
  .join(', ')}) as s (name, value) where current_setting(s.name) <> s.value)`;

/** SQL for whether all settings are as they must be: much cheaper than to name those that are not. */
export const ALL_SETTINGS_HOLD = Object.entries(SETTINGS)
  .map(([name, value]) => `current_setting(${quoteLiteral(name)}) = ${quoteLiteral(value)}`)
  .join(' and ');

export function isPinned(setting: string): boolean {
  return NAMES.has(setting.toLowerCase().replaceAll(' ', ''));
}
