// Generated from the entity classes by `npm run generate -w @millrace/db`. Do not edit.

/** What a `json` or `jsonb` column holds. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A row of `tenants` as Postgres text (`{ text: true }`). */
export interface TenantRow {
  id: string;
  name: string;
  slug: string;
  created_at: string;
  updated_at: string;
  version: string;
}

/** A row of `tenants` as a query returns it by default. */
export interface TenantRecord {
  id: string;
  name: string;
  slug: string;
  created_at: string;
  updated_at: string;
  version: number;
}

/** A row of `users` as Postgres text (`{ text: true }`). */
export interface UserRow {
  id: string;
  tenant_id: string;
  email: string;
  display_name: string;
  role: string;
  created_at: string;
  updated_at: string;
  version: string;
}

/** A row of `users` as a query returns it by default. */
export interface UserRecord {
  id: string;
  tenant_id: string;
  email: string;
  display_name: string;
  role: string;
  created_at: string;
  updated_at: string;
  version: number;
}

/** A row of `profiles` as Postgres text (`{ text: true }`). */
export interface ProfileRow {
  id: string;
  tenant_id: string;
  user_id: string;
  company: string | null;
  address: string | null;
  city: string | null;
  country: string | null;
  postal_code: string | null;
  phone: string | null;
  bio: string | null;
  preferences: string;
  created_at: string;
  updated_at: string;
  version: string;
}

/** A row of `profiles` as a query returns it by default. */
export interface ProfileRecord {
  id: string;
  tenant_id: string;
  user_id: string;
  company: string | null;
  address: string | null;
  city: string | null;
  country: string | null;
  postal_code: string | null;
  phone: string | null;
  bio: string | null;
  preferences: JsonValue;
  created_at: string;
  updated_at: string;
  version: number;
}

/** A row of `invoices` as Postgres text (`{ text: true }`). */
export interface InvoiceRow {
  id: string;
  tenant_id: string;
  user_id: string;
  number: string;
  status: string;
  currency: string;
  amount_cents: string;
  issued_at: string;
  due_at: string;
  notes: string | null;
  created_at: string;
  updated_at: string;
  version: string;
}

/** A row of `invoices` as a query returns it by default. */
export interface InvoiceRecord {
  id: string;
  tenant_id: string;
  user_id: string;
  number: string;
  status: 'draft' | 'open' | 'paid' | 'void';
  currency: string;
  amount_cents: string;
  issued_at: string;
  due_at: string;
  notes: string | null;
  created_at: string;
  updated_at: string;
  version: number;
}

/** A row of `payments` as Postgres text (`{ text: true }`). */
export interface PaymentRow {
  id: string;
  tenant_id: string;
  invoice_id: string;
  amount_cents: string;
  currency: string;
  method: string;
  status: string;
  paid_at: string | null;
  reference: string | null;
  created_at: string;
  updated_at: string;
  version: string;
}

/** A row of `payments` as a query returns it by default. */
export interface PaymentRecord {
  id: string;
  tenant_id: string;
  invoice_id: string;
  amount_cents: string;
  currency: string;
  method: 'card' | 'bank_transfer' | 'cash';
  status: 'pending' | 'succeeded' | 'failed' | 'refunded';
  paid_at: string | null;
  reference: string | null;
  created_at: string;
  updated_at: string;
  version: number;
}
