import { rule, type Rule, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { rulesText } from './rules-text.js';

function schema(rules: Readonly<Record<string, Rule>>): SchemaMeta {
  const tables = Object.entries(rules).map(([name, read]): Partial<TableMeta> => ({ name, read }));
  return { version: '1.0.0', tables: tables as TableMeta[] };
}

describe('rulesText', () => {
  it('is the same however tables and fields are ordered', () => {
    const claim = rule.claim('tenant_id', 'tenantId');
    const turned = { claim: 'tenantId', column: 'tenant_id', op: 'claim' } as const;
    expect(rulesText(schema({ a: claim, b: rule.all() }))).toBe(rulesText(schema({ b: rule.all(), a: turned })));
  });

  it('[S5] is another one for any other rule', () => {
    const texts = [
      rule.all(),
      rule.claim('a', 'b'),
      rule.claim('b', 'a'),
      rule.value('a', 'b'),
      rule.hasClaim('a', 'b'),
      rule.and(),
      rule.or(),
      rule.and(rule.claim('a', 'b'), rule.all()),
      rule.and(rule.all(), rule.claim('a', 'b')),
      rule.or(rule.claim('a', 'b'), rule.all()),
      rule.not(rule.claim('a', 'b')),
      rule.not(rule.not(rule.claim('a', 'b'))),
    ].map((read) => rulesText(schema({ notes: read })));
    expect(new Set(texts).size).toBe(texts.length);
  });
});
