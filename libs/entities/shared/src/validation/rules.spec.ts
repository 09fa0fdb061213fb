import { validateSync } from 'class-validator';
import { dependenciesOf } from './depends-on.js';
import { IsIntegerText } from './is-integer-text.js';
import { IsNotBefore, IsTimestamp } from './is-timestamp.js';
import { IsUuid } from './is-uuid.js';

class Thing {
  @IsUuid()
  id: unknown = '00000000-0000-4000-8000-000000000000';

  @IsIntegerText({ min: 0n })
  amount: unknown = '0';

  @IsTimestamp()
  start: unknown = '2026-01-01 00:00:00+00';

  @IsNotBefore('start')
  end: unknown = '2026-01-01 00:00:00+00';
}

function complaintsOf(values: Partial<Thing>) {
  return validateSync(Object.assign(new Thing(), values)).flatMap((error) => Object.values(error.constraints ?? {}));
}

describe('rules for columns', () => {
  it.each<Partial<Thing>>([
    {},
    { id: 'd41d8cd9-8f00-b204-e980-0998ecf8427e' },
    { amount: '9223372036854775807' },
    { start: new Date(0) },
    { start: '2025-12-31 23:59:59.999999+00' },
    { end: 'infinity' },
    { start: new Date(0), end: new Date(1) },
  ])('%j is valid', (values) => {
    expect(complaintsOf(values)).toEqual([]);
  });

  it.each<[Partial<Thing>, string]>([
    [{ id: 'd41d8cd98f00b204e9800998ecf8427e' }, 'id must be a uuid'],
    [{ id: null }, 'id must be a uuid'],
    [{ amount: '-1' }, 'amount must be a whole number from 0 to 9223372036854775807'],
    [{ amount: '9223372036854775808' }, 'amount must be a whole number from 0 to 9223372036854775807'],
    [{ amount: '1.5' }, 'amount must be a whole number from 0 to 9223372036854775807'],
    [{ amount: '' }, 'amount must be a whole number from 0 to 9223372036854775807'],
    [{ amount: 1 }, 'amount must be a whole number from 0 to 9223372036854775807'],
    [{ start: 'soon' }, 'start must be a date and time'],
    [{ start: new Date(Number.NaN) }, 'start must be a date and time'],
    [{ start: '2026-01-01 00:00:00.000001+00' }, 'end must not be before start'],
  ])('%j: %s', (values, complaint) => {
    expect(complaintsOf(values)).toEqual([complaint]);
  });

  it('tells which other property a rule reads', () => {
    const [error] = validateSync(Object.assign(new Thing(), { end: '-infinity' }));
    expect(dependenciesOf(error?.contexts?.['isNotBefore'])).toEqual(['start']);
    expect(dependenciesOf(undefined)).toEqual([]);
  });
});
