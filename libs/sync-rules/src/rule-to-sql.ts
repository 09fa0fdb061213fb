import { unreachable } from '@millrace/kernel';
import { quoteIdent, quoteLiteral, type Rule } from '@millrace/schema-meta';
import type { Claims } from './principal.js';
import { claimValue } from './row-predicate.js';

/**
 * A rule as a SQL condition for these claims, with values as quoted literals (COPY takes no parameters). Two-valued: each comparison is
 * wrapped so that NULL counts as "not equal", exactly as the row predicate has it, also under NOT.
 */
export function ruleToSql(rule: Rule, claims: Claims): string {
  switch (rule.op) {
    case 'all':
      return 'true';
    case 'claim':
      return equals(rule.column, claimValue(claims, rule.claim));
    case 'value':
      return equals(rule.column, rule.value);
    case 'has-claim':
      return claimValue(claims, rule.claim) === rule.value ? 'true' : 'false';
    case 'and':
      return join(rule.rules, 'and', 'true', claims);
    case 'or':
      return join(rule.rules, 'or', 'false', claims);
    case 'not':
      return `not (${ruleToSql(rule.rule, claims)})`;
    default:
      return unreachable(rule);
  }
}

/**
 * Compared as text, since an untyped literal would be cast to the column's type and could fail for a claim that is no such value, or match in
 * another spelling than the stream's. By `concat`, which prints a value as the WAL and COPY do; a cast to text prints some differently:
 * 'true' for a boolean 't', 'a' for a character(3) 'a  '.
 */
function equals(column: string, value: string | null): string {
  if (value === null) return 'false';
  const name = quoteIdent(column);
  return `(${name} is not null and concat(${name}) = ${quoteLiteral(value)})`;
}

function join(rules: readonly Rule[], word: 'and' | 'or', empty: string, claims: Claims): string {
  if (rules.length === 0) return empty;
  return rules.map((part) => `(${ruleToSql(part, claims)})`).join(` ${word} `);
}
