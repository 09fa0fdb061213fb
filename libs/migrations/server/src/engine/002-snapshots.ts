/** What hydration, fills and verification keep on the server. */
export const name = '002-snapshots';

export const sql = /* sql */ `
-- One row per finished build of a table: what the blob store holds, over all snapshot keys, so that space is shared out by use and age.
-- A build is handed out only while its row is here and not being evicted.
create table sync.snapshot (
  id uuid primary key,
  snapshot_key text not null,
  table_name text not null,
  epoch uuid not null,
  seq bigint not null,
  rows bigint not null,
  bytes bigint not null,
  chunks integer not null,
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now(),
  evicted_at timestamptz
);
create index snapshot_used on sync.snapshot (used_at);

-- What operators and the engine did that a person may have to account for later.
create table sync.audit (
  id uuid primary key default gen_random_uuid(),
  action text not null,
  sub text,
  detail jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index audit_time on sync.audit (created_at);

-- Somebody waits to change the schema: whoever reads whole tables lets go and begins again later [S1, M1]. A wish that its owner did not take
-- back ends by itself.
create table sync.migration_wanted (
  id uuid primary key default gen_random_uuid(),
  wanted_by text not null,
  wanted_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '5 minutes'
);

-- Where each instance stands: state, since when, why, and how far its snapshot has come.
alter table sync.client_status
  add column state text check (state in ('created', 'snapshot-loading', 'live')),
  add column state_since timestamptz,
  add column cause text,
  add column snapshot_id uuid,
  add column chunks_done integer,
  add column chunks_total integer,
  add column epoch uuid,
  add column seq bigint,
  add column attempts integer not null default 0,
  add column last_error text,
  add column updated_at timestamptz;

-- 'fill': no row, but the word that the rows of this table cannot be had from history and have to be read anew [C9, M4].
alter table sync.change_history drop constraint change_history_operation_check;
alter table sync.change_history add constraint change_history_operation_check
  check (operation in ('insert', 'update', 'delete', 'truncate', 'fill'));
`;
