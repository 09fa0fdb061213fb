import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tenants, users, profiles, invoices and payments, with what keeps them in order for every writer. */
export class DomainTables1763900000000 implements MigrationInterface {
  name = 'DomainTables1763900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [...FUNCTIONS, ...TYPES, ...TABLES, ...SYNCED_TABLES.flatMap(keepForSync)]) {
      await queryRunner.query(statement);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [...SYNCED_TABLES].reverse()) await queryRunner.query(`drop table ${table}`);
    for (const type of ENUM_TYPES) await queryRunner.query(`drop type ${type}`);
    await queryRunner.query('drop function keep_row_columns()');
  }
}

const SYNCED_TABLES = ['tenants', 'users', 'profiles', 'invoices', 'payments'];
const ENUM_TYPES = ['payment_status', 'payment_method', 'invoice_status'];

/**
 * A trigger, so that a plain SQL writer can't forget: a client takes an unchanged version for an unchanged row [W7]. Whatever the
 * statement says of these columns is overruled.
 */
const FUNCTIONS = [
  `create function keep_row_columns() returns trigger language plpgsql as $$
  begin
    if tg_op = 'INSERT' then
      new.created_at := now();
      new.version := 1;
    else
      new.created_at := old.created_at;
      new.version := old.version + 1;
    end if;
    new.updated_at := now();
    return new;
  end $$`,
];

const TYPES = [
  `create type invoice_status as enum ('draft', 'open', 'paid', 'void')`,
  `create type payment_method as enum ('card', 'bank_transfer', 'cash')`,
  `create type payment_status as enum ('pending', 'succeeded', 'failed', 'refunded')`,
];

const KEPT_COLUMNS = `
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1`;

/** Foreign keys between tenant tables include tenant_id: a row can't refer to another tenant's, even by a guessed id [M5]. */
const TABLES = [
  `create table tenants (
  id uuid not null default gen_random_uuid(),
  name text not null,
  slug text not null,${KEPT_COLUMNS},
  constraint tenants_pkey primary key (id),
  constraint tenants_slug_key unique (slug)
)`,
  `create table users (
  id uuid not null default gen_random_uuid(),
  tenant_id uuid not null,
  email text not null,
  display_name text not null,
  role text not null default 'member',
  password_hash text,${KEPT_COLUMNS},
  constraint users_pkey primary key (id),
  constraint users_email_key unique (email),
  constraint users_tenant_id_id_key unique (tenant_id, id),
  constraint users_role_check check (role in ('member', 'admin')),
  constraint users_tenant_id_fkey foreign key (tenant_id) references tenants (id)
)`,
  `create table profiles (
  id uuid not null default gen_random_uuid(),
  tenant_id uuid not null,
  user_id uuid not null,
  company text,
  address text,
  city text,
  country text,
  postal_code text,
  phone text,
  bio text,
  preferences jsonb not null default '{}',${KEPT_COLUMNS},
  constraint profiles_pkey primary key (id),
  constraint profiles_user_id_key unique (user_id),
  constraint profiles_tenant_id_fkey foreign key (tenant_id) references tenants (id),
  constraint profiles_user_id_tenant_id_fkey foreign key (user_id, tenant_id) references users (id, tenant_id) on delete cascade
)`,
  `create table invoices (
  id uuid not null default gen_random_uuid(),
  tenant_id uuid not null,
  user_id uuid not null,
  number text not null,
  status invoice_status not null default 'draft',
  currency char(3) not null,
  amount_cents bigint not null,
  issued_at timestamptz not null,
  due_at timestamptz not null,
  notes text,${KEPT_COLUMNS},
  constraint invoices_pkey primary key (id),
  constraint invoices_tenant_id_id_key unique (tenant_id, id),
  constraint invoices_tenant_id_number_key unique (tenant_id, number),
  constraint invoices_amount_check check (amount_cents >= 0),
  constraint invoices_due_check check (due_at >= issued_at),
  constraint invoices_tenant_id_fkey foreign key (tenant_id) references tenants (id),
  constraint invoices_user_id_tenant_id_fkey foreign key (user_id, tenant_id) references users (id, tenant_id)
)`,
  `create index invoices_tenant_id_user_id_idx on invoices (tenant_id, user_id)`,
  `create table payments (
  id uuid not null default gen_random_uuid(),
  tenant_id uuid not null,
  invoice_id uuid not null,
  amount_cents bigint not null,
  currency char(3) not null,
  method payment_method not null,
  status payment_status not null default 'pending',
  paid_at timestamptz,
  reference text,${KEPT_COLUMNS},
  constraint payments_pkey primary key (id),
  constraint payments_amount_check check (amount_cents >= 0),
  constraint payments_tenant_id_fkey foreign key (tenant_id) references tenants (id),
  constraint payments_invoice_id_tenant_id_fkey foreign key (invoice_id, tenant_id) references invoices (id, tenant_id)
)`,
  `create index payments_tenant_id_invoice_id_idx on payments (tenant_id, invoice_id)`,
];

/** Without the whole old row in the WAL, an update could not tell which rows left a scope [D3]. */
function keepForSync(table: string): string[] {
  return [
    `alter table ${table} replica identity full`,
    `create trigger keep_row_columns before insert or update on ${table}
  for each row execute function keep_row_columns()`,
  ];
}
