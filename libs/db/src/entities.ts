import { Invoice, Payment } from '@millrace/entities-billing';
import { Profile, Tenant, User } from '@millrace/entities-core';

/** The entity classes of the schema, by name: a minifier may rename a class, but never these keys. */
export const entities = { Tenant, User, Profile, Invoice, Payment } as const;
