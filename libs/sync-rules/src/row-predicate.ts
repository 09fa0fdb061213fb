import { hasColumn, unreachable, type Row } from '@millrace/kernel';
import type { Rule } from '@millrace/schema-meta';
import type { Claims } from './principal.js';

/** `unknown`: the row as we have it does not tell. The caller denies and fills, never guesses [D3]. */
export type InScope = true | false | 'unknown';

/** Whether a row meets a rule for these claims: the stream's half of what {@link ruleToSql} is to the snapshot. Null is equal to nothing, as `=` in SQL under WHERE. */
export function matches(rule: Rule, row: Row, claims: Claims): InScope {
  switch (rule.op) {
    case 'all':
      return true;
    case 'claim':
      return equals(row, rule.column, claimValue(claims, rule.claim));
    case 'value':
      return equals(row, rule.column, rule.value);
    case 'has-claim':
      return claimValue(claims, rule.claim) === rule.value;
    case 'and':
      return every(rule.rules.map((part) => matches(part, row, claims)));
    case 'or':
      return not(every(rule.rules.map((part) => not(matches(part, row, claims)))));
    case 'not':
      return not(matches(rule.rule, row, claims));
    default:
      return unreachable(rule);
  }
}

function equals(row: Row, column: string, value: string | null): InScope {
  if (value === null) return false;
  if (!hasColumn(row, column)) return 'unknown';
  return row[column] === value;
}

/** An absent or empty claim matches nothing: a token without a tenant sees no tenant's rows. */
export function claimValue(claims: Claims, claim: string): string | null {
  return Object.hasOwn(claims, claim) && claims[claim] !== '' ? (claims[claim] as string) : null;
}

function every(parts: readonly InScope[]): InScope {
  if (parts.includes(false)) return false;
  return parts.includes('unknown') ? 'unknown' : true;
}

function not(value: InScope): InScope {
  return value === 'unknown' ? 'unknown' : !value;
}
