import { entities, typeConsistencySource } from '@millrace/db/server';
import { findWorkspaceRoot } from '@millrace/processes';
import { schemaEntries } from './schema-entries.js';
import { typeErrors } from './type-consistency.js';

const root = findWorkspaceRoot();

/** A number for a bigint, a null that is not said, an enum without one of its values. */
const MISTAKES: readonly (readonly [right: string, wrong: string])[] = [
  ["Fits<Invoice['amountCents'], string>", "Fits<Invoice['amountCents'], number>"],
  ["Fits<Invoice['notes'], string | null>", "Fits<Invoice['notes'], string>"],
  ['"draft" | ', ''],
];

/** Each compilation takes seconds: one for what is right, one for all that is wrong. */
it('the types of properties are those of their columns, and each that is not is told', async () => {
  const source = await typeConsistencySource(Object.values(entities), schemaEntries(root).importsOf);
  expect(typeErrors(source, `${root}/libs/db/src`)).toEqual([]);
  for (const [right] of MISTAKES) expect(source).toContain(right);
  const wrong = MISTAKES.reduce((text, [from, to]) => text.replace(from, to), source);
  expect(typeErrors(wrong, `${root}/libs/db/src`)).toEqual([
    expect.stringContaining('Invoice.status'),
    expect.stringContaining('Invoice.amountCents'),
    expect.stringContaining('Invoice.notes'),
  ]);
}, 120_000);
