import { rule, type Rule, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import fc from 'fast-check';
import { ANY_KEY, clientKey, keyCondition, rowKeyOf, rowKeysOf } from './row-keys.js';
import { matches } from './row-predicate.js';
import { claims, rules, wholeRows } from './testing/arbitraries.js';

const table = (read: Rule, name = 'notes'): TableMeta => ({
  name,
  entity: 'Note',
  columns: [],
  serverOnly: [],
  key: ['id'],
  versionColumn: null,
  policy: 'last-write-wins',
  read,
  write: null,
});
const schemaOf = (...reads: Rule[]): SchemaMeta => ({
  version: '1.0.0',
  tables: reads.map((read, index) => table(read, `t${index}`)),
});
const team = rule.claim('team', 'teamId');

describe('[H6] row keys', () => {
  it.each([
    ['column = claim', team, 'teamId=red'],
    [
      'the first one of a conjunction, however deep',
      rule.and(rule.value('x', '1'), rule.and(rule.all(), team), rule.claim('owner', 'sub')),
      'teamId=red',
    ],
    ["everybody's rows", rule.all(), ANY_KEY],
    ['a disjunction', rule.or(team, rule.claim('owner', 'sub')), ANY_KEY],
    ['a negation', rule.not(team), ANY_KEY],
  ])('%s', (_name, read, key) => expect(rowKeyOf(table(read), { team: 'red', owner: 'ann' })).toBe(key));

  it('of a row that lacks the column: everybody looks, and the predicate decides [D3]', () => {
    expect(rowKeyOf(table(team), {})).toBe(ANY_KEY);
  });

  it("of a row whose column is null: nobody's", () => {
    const key = rowKeyOf(table(team), { team: null });
    expect(key).not.toBe(ANY_KEY);
    expect(rowKeysOf(schemaOf(team), { teamId: '' }, 'c')).not.toContain(key);
  });

  it("of a client: its claims as far as rules name them, everybody's, its own mutations; sorted, each once", () => {
    const keys = rowKeysOf(
      schemaOf(team, rule.and(team), rule.claim('owner', 'sub'), rule.claim('x', 'missing')),
      { teamId: 'red', sub: 'ann', role: 'admin' },
      'c1',
    );
    expect(keys).toEqual([ANY_KEY, clientKey('c1'), 'sub=ann', 'teamId=red']);
  });

  it('the condition is one that every row in scope meets', () => {
    expect(keyCondition(rule.and(rule.or(team), team))).toEqual({ op: 'claim', column: 'team', claim: 'teamId' });
  });

  it("[D2] no row in scope is ever missed: its key is among its reader's", () => {
    let inScope = 0;
    fc.assert(
      fc.property(rules, wholeRows, claims, (read, row, own) => {
        if (matches(read, row, own) !== true) return;
        inScope += 1;
        expect(rowKeysOf(schemaOf(read), own, 'c')).toContain(rowKeyOf(table(read), row));
      }),
      { numRuns: 3_000 },
    );
    expect(inScope).toBeGreaterThan(300);
  });
});
