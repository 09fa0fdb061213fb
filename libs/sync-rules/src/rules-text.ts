import type { Rule, SchemaMeta } from '@millrace/schema-meta';

/** The read rules of all tables as one text: equal texts show equal claims the same rows. Neither the order of tables nor that of a rule's fields counts. */
export function rulesText(schema: SchemaMeta): string {
  const rules = schema.tables.map(({ name, read }): readonly [string, unknown] => [name, canonical(read)]);
  return JSON.stringify(rules.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function canonical(rule: Rule): unknown {
  switch (rule.op) {
    case 'all':
      return [rule.op];
    case 'claim':
      return [rule.op, rule.column, rule.claim];
    case 'value':
      return [rule.op, rule.column, rule.value];
    case 'has-claim':
      return [rule.op, rule.claim, rule.value];
    case 'and':
    case 'or':
      return [rule.op, ...rule.rules.map(canonical)];
    case 'not':
      return [rule.op, canonical(rule.rule)];
  }
}
