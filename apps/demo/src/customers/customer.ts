/** A user and their profile, if they have one; values as the local database returns them. */
export interface Customer {
  readonly id: string;
  readonly profile_id: string | null;
  readonly display_name: string;
  readonly email: string;
  readonly company: string | null;
  readonly phone: string | null;
  readonly address: string | null;
  readonly city: string | null;
  readonly country: string | null;
  readonly postal_code: string | null;
  readonly bio: string | null;
}

export interface ListedCustomer extends Customer {
  readonly invoices: string;
  /** How many match in all; the same in each row. */
  readonly total: string;
}

const COLUMNS = `
  u.id, u.display_name, u.email, p.id as profile_id, p.company, p.phone, p.address, p.city, p.country, p.postal_code, p.bio`;

/** Found by position, not LIKE: a percent sign is a percent sign. */
const FOUND = `
   where $1 = '' or position(lower($1) in lower(concat_ws(' ', u.display_name, u.email, p.company, p.city, p.country))) > 0`;

/** Most rows a list holds: it is read anew after each change. */
const LISTED = 1_000;

/** $1: text to find, or ''. Counted apart: a window over all rows would spill to the browser's disk. */
export const CUSTOMERS = `
  select ${COLUMNS}, coalesce(n.invoices, 0)::text as invoices,
         (select count(*) from users u left join profiles p on p.user_id = u.id ${FOUND})::text as total
    from users u left join profiles p on p.user_id = u.id
    left join (select user_id, count(*) as invoices from invoices group by user_id) n on n.user_id = u.id
  ${FOUND}
   order by lower(u.display_name), u.id
   limit ${LISTED}`;

/** $1: the user's id. */
export const CUSTOMER = `select ${COLUMNS} from users u left join profiles p on p.user_id = u.id where u.id = $1`;

export const PROFILE_FIELDS = ['company', 'address', 'postal_code', 'city', 'country', 'phone', 'bio'] as const;
export type ProfileField = (typeof PROFILE_FIELDS)[number];
export type CustomerFields = Readonly<Record<ProfileField | 'display_name', string>>;

export function fieldsOf(customer: Customer): CustomerFields {
  const profile = Object.fromEntries(PROFILE_FIELDS.map((field) => [field, customer[field] ?? '']));
  return { ...(profile as Record<ProfileField, string>), display_name: customer.display_name };
}
