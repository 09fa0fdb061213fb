import { changedValues, insertInto, updateById, type Statement, type Values } from '../sql/statements.js';
import { fieldsOf, PROFILE_FIELDS, type Customer, type CustomerFields } from './customer.js';

export interface CustomerEdit {
  readonly customer: Customer;
  readonly fields: CustomerFields;
  /** Columns that were edited in the form. */
  readonly edited: ReadonlySet<string>;
  readonly tenantId: string;
}

/** What an edited form writes: the name to `users`, the rest to `profiles`, which begins with its first value. */
export function writeCustomer({ customer, fields, edited, tenantId }: CustomerEdit): readonly (Statement | null)[] {
  const before = fieldsOf(customer);
  const name = changedValues(
    { display_name: fields.display_name.trim() },
    { display_name: before.display_name },
    edited,
  );
  const profile = changedValues(profileValues(fields), profileValues(before), edited);
  return [updateById('users', customer.id, name), writeProfile(customer, profile, tenantId)];
}

function writeProfile(customer: Customer, values: Values, tenantId: string): Statement | null {
  if (Object.keys(values).length === 0) return null;
  if (customer.profile_id) return updateById('profiles', customer.profile_id, values);
  return insertInto('profiles', { tenant_id: tenantId, user_id: customer.id, ...values });
}

/** An empty field is no value. */
function profileValues(fields: CustomerFields): Values {
  return Object.fromEntries(PROFILE_FIELDS.map((field) => [field, fields[field].trim() || null]));
}
