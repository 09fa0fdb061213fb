import { inForce, schemaAfter, schemaBefore, type Catalogue } from '@millrace/schema-compat';
import type { Rule, SchemaMeta, TableMeta } from '@millrace/schema-meta';
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

const rulesByCatalogue = new WeakMap<Catalogue, SchemaMeta>();

/**
 * Tables with every read rule that any version has had, each once: what a client may have to be shown between its cursor and the head depends on
 * the rules of that time.
 */
export function everyRule(catalogue: Catalogue): SchemaMeta {
  const known = rulesByCatalogue.get(catalogue);
  if (known) return known;
  const { version, tables } = inForce(catalogue);
  const former = catalogue.steps.flatMap((step) => [...schemaBefore(step).tables, ...schemaAfter(step).tables]);
  const byRule = new Map<string, TableMeta>();
  for (const table of [...tables, ...former]) byRule.set(JSON.stringify(table.read), table);
  const made = { version, tables: [...byRule.values()] };
  rulesByCatalogue.set(catalogue, made);
  return made;
}

/** The claims that the read rules name, whoever has them. */
export function namedClaims(schema: SchemaMeta): readonly string[] {
  return [...new Set(schema.tables.flatMap((table) => claimsOf(table.read)))].sort();
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
