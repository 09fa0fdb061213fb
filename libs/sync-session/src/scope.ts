import type { Rule, SchemaMeta } from '@millrace/schema-meta';
import type { Claims } from '@millrace/sync-rules';

/** The claims that the read rules name: all that a scope depends on, and all of a token that a session keeps. */
export function scopeClaims(schema: SchemaMeta, claims: Claims): Claims {
  const named = new Set(schema.tables.flatMap((table) => claimsOf(table.read)));
  return Object.fromEntries(
    Object.entries(claims)
      .filter(([claim]) => named.has(claim))
      .sort(byName),
  );
}

/** Two claim sets with the same text see the same rows. */
export function scopeText(schema: SchemaMeta, claims: Claims): string {
  return JSON.stringify(Object.entries(scopeClaims(schema, claims)));
}

function claimsOf(rule: Rule): readonly string[] {
  switch (rule.op) {
    case 'claim':
    case 'has-claim':
      return [rule.claim];
    case 'and':
    case 'or':
      return rule.rules.flatMap(claimsOf);
    case 'not':
      return claimsOf(rule.rule);
    default:
      return [];
  }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
