import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { matches } from './row-predicate.js';
import { ruleToSql } from './rule-to-sql.js';
import { COLUMN_TYPES, claims, rules, wholeRows } from './testing/arbitraries.js';

describe('X30 snapshot and stream have one filter', () => {
  let database: PGlite;
  beforeAll(async () => {
    database = await PGlite.create();
  });
  afterAll(() => database.close());

  it('the SQL condition and the row predicate agree on every rule, row and set of claims', async () => {
    const seen = { true: 0, false: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(rules, wholeRows, claims), { minLength: 20, maxLength: 20 }),
        async (cases) => {
          const texts = cases.map(
            ([rule, row, own]) => `select ${ruleToSql(rule, own)} as answer from ${rowAsTable(row)}`,
          );
          const { rows } = await database.query<{ answer: boolean | null }>(
            texts.map((text) => `(${text})`).join(' union all '),
          );
          const expected = cases.map(([rule, row, own]) => matches(rule, row, own));
          expect(rows.map((row) => row.answer)).toEqual(expected);
          for (const answer of expected) seen[`${answer}` as 'true' | 'false'] += 1;
        },
      ),
      { numRuns: 150 },
    );
    expect(seen.true).toBeGreaterThan(200);
    expect(seen.false).toBeGreaterThan(200);
  });

  function rowAsTable(row: Readonly<Record<string, string | null>>): string {
    const literals = Object.entries(COLUMN_TYPES).map(([name, type]) => {
      const value = row[name] ?? null;
      return `${value === null ? 'null' : `'${value.replaceAll(`'`, `''`)}'`}::${type} as "${name}"`;
    });
    return `(select ${literals.join(', ')}) as one`;
  }
});
