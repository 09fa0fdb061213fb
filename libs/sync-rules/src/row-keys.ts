import { hasColumn, type Row } from '@millrace/kernel';
import type { Rule, SchemaMeta, TableMeta } from '@millrace/schema-meta';
import type { Claims } from './principal.js';

/** The row key of rows that have no `column = claim`: everybody may have to look at them. */
export const ANY_KEY = '*';

/** The pseudo row key of a client's own `client_mutation` rows: its acks reach it, and only it, by the same index [D2]. */
export function clientKey(clientId: string): string {
  return `client=${clientId}`;
}

/** `claim=value` */
function rowKey(claim: string, value: string): string {
  return `${claim}=${value}`;
}

/** The `column = claim` by which a table's rows are indexed: the first one that every row in scope must meet [H6]. */
export function keyCondition(rule: Rule): { readonly column: string; readonly claim: string } | null {
  if (rule.op === 'claim') return rule;
  if (rule.op !== 'and') return null;
  for (const part of rule.rules) {
    const condition = keyCondition(part);
    if (condition) return condition;
  }
  return null;
}

/**
 * A row's key by its table's rule. `*` where the rule has none or the column is unknown in this row: then everybody looks,
 * and the row predicate decides [D3]. A null column matches nobody's claim; it has the key of the empty value, which no claim has.
 */
export function rowKeyOf(table: TableMeta, row: Row): string {
  const condition = keyCondition(table.read);
  if (!condition || !hasColumn(row, condition.column)) return ANY_KEY;
  return rowKey(condition.claim, row[condition.column] ?? '');
}

/** The set of row keys of a client: those of its claims, `*`, and its own mutations. */
export function rowKeysOf(schema: SchemaMeta, claims: Claims, clientId: string): readonly string[] {
  const keys = new Set<string>([ANY_KEY, clientKey(clientId)]);
  for (const table of schema.tables) {
    const condition = keyCondition(table.read);
    const value = condition && Object.hasOwn(claims, condition.claim) ? claims[condition.claim] : undefined;
    if (condition && value) keys.add(rowKey(condition.claim, value));
  }
  return [...keys].sort();
}
