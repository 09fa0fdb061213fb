/** The engine's own tables, in their own schema and apart from the domain's. */
export const name = '001-sync-schema';

export const sql = /* sql */ `
create schema if not exists sync;

-- One row per slot: how far history has got. Moved by compare-and-set only, in the transaction that appends [H3].
create table sync.replication_state (
  slot_name text primary key,
  epoch uuid not null,
  last_seq bigint not null,
  last_chain text not null,
  last_commit_lsn text not null,
  last_end_lsn text not null,
  system_identifier text not null,
  timeline integer not null,
  schema_version text not null,
  updated_at timestamptz not null default now()
);

-- Each unbroken history, with the reason why the one before it ended [E1].
create table sync.epoch (
  epoch uuid primary key,
  slot_name text not null,
  cause text not null,
  first_seq bigint not null,
  start_lsn text not null,
  started_at timestamptz not null default now()
);

create table sync.change_history (
  epoch uuid not null,
  seq bigint not null,
  ordinal integer not null,
  id uuid not null,
  lsn text not null,
  table_name text not null,
  operation text not null check (operation in ('insert', 'update', 'delete', 'truncate')),
  data jsonb,
  old_data jsonb,
  transaction_id text not null,
  schema_version text not null,
  "timestamp" timestamptz not null,
  metadata jsonb not null,
  client_id text,
  scope_old text,
  scope_new text,
  chain text,
  primary key (epoch, seq)
) partition by range (seq);

-- Pages by row key: one index scan per key and side; rows whose key did not move are in the first index only.
create index change_history_scope_new on sync.change_history (scope_new, seq) where scope_new is not null;
create index change_history_scope_old on sync.change_history (scope_old, seq) where scope_old is not null and scope_old is distinct from scope_new;
create index change_history_row on sync.change_history (table_name, (metadata ->> 'key'), seq);
create index change_history_transaction on sync.change_history (transaction_id);
create index change_history_client on sync.change_history (client_id, seq) where client_id is not null;
create index change_history_chain on sync.change_history (epoch, seq) include (chain) where chain is not null;
create index change_history_time on sync.change_history using brin ("timestamp");
create index change_history_lsn on sync.change_history using brin (lsn);

-- A partition per 5 million changes, made ahead of need by the writer; removing old history is dropping whole partitions.
create function sync.ensure_history_partition(at_seq bigint) returns void language plpgsql as $$
declare
  size constant bigint := 5000000;
  first bigint := (at_seq / size) * size;
  child text := 'change_history_' || lpad((at_seq / size)::text, 8, '0');
begin
  if to_regclass('sync.' || child) is null then
    execute format('create table sync.%I partition of sync.change_history for values from (%s) to (%s)', child, first, first + size);
  end if;
end $$;
select sync.ensure_history_partition(0);

-- One row per client: whose it is [X7], and how far its mutations have got [W2].
create table sync.client_status (
  client_id uuid primary key,
  sub text not null,
  last_mutation_id bigint not null default 0,
  registered_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);
create index client_status_sub on sync.client_status (sub);

-- One row per mutation, inserted by the transaction that applies it: captured, it is the ack [W5].
create table sync.client_mutation (
  client_id uuid not null references sync.client_status (client_id),
  mutation_id bigint not null,
  tx_id uuid not null,
  sub text not null,
  epoch uuid not null,
  schema_version text not null,
  verdict text not null check (verdict in ('accepted', 'merged', 'rejected')),
  reason jsonb,
  created_at timestamptz not null default now(),
  primary key (client_id, mutation_id),
  unique (sub, tx_id)
);

-- The catalogue of schema migrations: captured, it is the exact point of the stream at which the schema changes [M1].
create table sync.client_migration (
  id uuid primary key default gen_random_uuid(),
  migration_name text not null,
  timestamp bigint not null,
  up_queries jsonb not null,
  down_queries jsonb not null,
  schema_version text not null,
  depends_on text,
  direction text not null default 'up' check (direction in ('up', 'down')),
  checksum text not null,
  created_at timestamptz not null default now()
);

-- What could not be decoded or stored: kept with its reason, never skipped in silence [C9].
create table sync.quarantine (
  id uuid primary key default gen_random_uuid(),
  slot_name text not null,
  commit_lsn text not null,
  transaction_id text,
  tables text[] not null,
  reason text not null,
  payload bytea,
  created_at timestamptz not null default now()
);
`;
