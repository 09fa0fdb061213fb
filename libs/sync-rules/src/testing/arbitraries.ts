import type { Row } from '@millrace/kernel';
import type { Rule } from '@millrace/schema-meta';
import fc from 'fast-check';
import type { Claims } from '../principal.js';

/** Columns of the types whose cast to text is another text than the one they print: boolean, character, inet; and plainer ones beside. */
export const COLUMN_TYPES = {
  label: 'text',
  number: 'integer',
  flag: 'boolean',
  short: 'character(3)',
  address: 'inet',
  owner: 'uuid',
} as const;

const UUID_A = '00000000-0000-4000-8000-00000000000a';
const VALUES: Record<keyof typeof COLUMN_TYPES, readonly string[]> = {
  label: ['', 'a', 'A', `o'x`, '10', 't'],
  number: ['0', '10', '-1'],
  flag: ['t', 'f'],
  short: ['a  ', 'abc', '10 '],
  address: ['10.0.0.1', '10.0.0.0/8'],
  owner: [UUID_A, UUID_A.replace('a', 'b')],
};
const columns = fc.constantFrom(...(Object.keys(COLUMN_TYPES) as (keyof typeof COLUMN_TYPES)[]));
const claimNames = fc.constantFrom('sub', 'team', 'role', '__proto__', 'toString');
const texts = fc.oneof(
  fc.constantFrom(...Object.values(VALUES).flat(), 'a', 'true', '10.0.0.1/32', UUID_A.toUpperCase(), `' or true --`),
  fc.string({ maxLength: 3 }).filter((text) => !text.includes('\0')),
);

/** A whole row: each column a value that its type prints, or null. */
export const wholeRows: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(
    Object.entries(VALUES).map(([name, values]) => [name, fc.option(fc.constantFrom(...values), { nil: null })]),
  ),
);

export const claims: fc.Arbitrary<Claims> = fc.dictionary(fc.constantFrom('sub', 'team', 'role'), texts);

const leaf: fc.Arbitrary<Rule> = fc.oneof(
  fc.constant<Rule>({ op: 'all' }),
  fc.record({ op: fc.constant('claim' as const), column: columns, claim: claimNames }),
  fc.record({ op: fc.constant('value' as const), column: columns, value: texts }),
  fc.record({ op: fc.constant('has-claim' as const), claim: claimNames, value: texts }),
);

export const rules: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), rules: fc.array(tie('rule'), { maxLength: 3 }) }),
    fc.record({ op: fc.constant('not' as const), rule: tie('rule') }),
  ),
})).rule;
