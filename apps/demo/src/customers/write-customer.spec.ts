import { fieldsOf, type Customer } from './customer.js';
import { writeCustomer } from './write-customer.js';

const customer: Customer = {
  id: 'u',
  profile_id: 'p',
  display_name: 'Ann',
  email: 'ann@example.org',
  company: 'Mill',
  phone: null,
  address: null,
  city: 'Leeds',
  country: null,
  postal_code: null,
  bio: null,
};
const edit = (changes: Partial<ReturnType<typeof fieldsOf>>, of: Customer = customer) =>
  writeCustomer({
    customer: of,
    fields: { ...fieldsOf(of), ...changes },
    edited: new Set(Object.keys(changes)),
    tenantId: 't',
  }).filter((statement) => statement !== null);

describe('an edited customer', () => {
  it('writes the name to users and the rest to profiles', () =>
    expect(edit({ display_name: ' Anna ', phone: '1', company: '' })).toEqual([
      { sql: 'update users set display_name = $2 where id = $1', params: ['u', 'Anna'] },
      { sql: 'update profiles set company = $2, phone = $3 where id = $1', params: ['p', null, '1'] },
    ]));

  it('gets a profile with the first value', () =>
    expect(edit({ city: 'York' }, { ...customer, profile_id: null, company: null, city: null })).toEqual([
      { sql: 'insert into profiles (tenant_id, user_id, city) values ($1, $2, $3)', params: ['t', 'u', 'York'] },
    ]));

  it('writes nothing if nothing is different', () => expect(edit({ city: 'Leeds ' })).toEqual([]));
});
