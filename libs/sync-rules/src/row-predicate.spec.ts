import { applyPatch } from '@millrace/kernel';
import { rule } from '@millrace/schema-meta';
import fc from 'fast-check';
import { claimValue, matches } from './row-predicate.js';
import { claims, rules, wholeRows } from './testing/arbitraries.js';

describe('matches', () => {
  const own = { team: 'red', role: 'admin', empty: '' };

  it.each([
    ["the claim's value", rule.claim('team', 'team'), { team: 'red' }, true],
    ['another value', rule.claim('team', 'team'), { team: 'blue' }, false],
    ['null', rule.claim('team', 'team'), { team: null }, false],
    ['an absent column', rule.claim('team', 'team'), {}, 'unknown'],
    ['a claim that the token lacks', rule.claim('team', 'nothing'), { team: 'red' }, false],
    ['an empty claim', rule.claim('team', 'empty'), { team: '' }, false],
    ['a claim with a name of Object.prototype', rule.claim('team', 'toString'), { team: 'red' }, false],
    ['a value by its text', rule.value('n', '10'), { n: '10' }, true],
    ['a value in another spelling', rule.value('n', '10'), { n: '10.0' }, false],
    ['a role', rule.hasClaim('role', 'admin'), {}, true],
    ['no conditions at all', rule.and(), {}, true],
    ['no alternatives at all', rule.or(), {}, false],
    ['not null', rule.not(rule.value('n', '10')), { n: null }, true],
  ])('%s', (_name, condition, row, expected) => expect(matches(condition, row, own)).toBe(expected));

  it('[D3] unknown never becomes a yes or no that the missing value could turn', () => {
    fc.assert(
      fc.property(
        rules,
        wholeRows,
        claims,
        fc.subarray(['label', 'number', 'flag', 'short', 'address', 'owner']),
        (condition, row, some, kept) => {
          const part = Object.fromEntries(kept.map((name) => [name, row[name] ?? null]));
          const answer = matches(condition, part, some);
          if (answer !== 'unknown') expect(matches(condition, applyPatch(part, row), some)).toBe(answer);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('a claim is its text, if there is one', () => {
    expect([claimValue(own, 'team'), claimValue(own, 'empty'), claimValue(own, '__proto__')]).toEqual([
      'red',
      null,
      null,
    ]);
  });
});
