/** Channel on which a recorded local transaction is announced, once it has committed. */
export const OUTBOX_CHANNEL = 'millrace_outbox';

/** Since when the base rows of a table are as they are: what a checkpoint may be compared with [S6]. */
const TABLE_STATE = /* sql */ `
create table if not exists sync.table_state (
  table_name text primary key,
  changed_at bigint not null
);
`;

/**
 * The specification's record of migrations, as this client took them: one row each, with the way in which it was last taken or was to be taken. `migration` is
 * all of it, so that it can be taken back and again without the server.
 */
const CLIENT_MIGRATION = /* sql */ `
create table if not exists sync.client_migration (
  id uuid primary key default gen_random_uuid(),
  migration_name text not null unique,
  timestamp bigint not null,
  version text not null,
  direction text not null,
  up_queries jsonb not null,
  down_queries jsonb not null,
  client_applied boolean not null default false,
  applied_at timestamptz,
  error text,
  retry_count integer not null default 0,
  migration jsonb not null
);
`;

/** The replica's own tables. Values inside jsonb are text, so that none is taken through a JSON number. */
export const SYNC_DDL = /* sql */ `
create schema sync;

-- One row: who this client is, where it stands, by which schema its tables are made, and the highest mutation number it ever gave.
create table sync.state (
  one boolean primary key default true check (one),
  client_id uuid not null,
  schema_version text not null,
  schema_print text not null,
  schema jsonb,
  tables text[] not null,
  outbox_epoch uuid,
  epoch uuid,
  seq bigint,
  chain text,
  scope text,
  last_mutation bigint not null default 0
);

-- One row per local transaction that the stream has not acknowledged. Numbers move when the outbox is renumbered, txIds never do [W2].
create table sync.client_mutation (
  tx_id uuid primary key,
  mutation_id bigint not null,
  xid xid8 not null,
  answer jsonb,
  created_at timestamptz not null default now()
);
create index client_mutation_xid on sync.client_mutation (xid);
create index client_mutation_order on sync.client_mutation (mutation_id);

-- What each of them did, a row per change and never two in one [W1].
create table sync.client_changes (
  seq bigint generated always as identity primary key,
  tx_id uuid not null,
  table_name text not null,
  operation text not null,
  row_key text not null,
  new_row_key text,
  key jsonb not null,
  set jsonb not null,
  old jsonb not null,
  version text,
  local jsonb not null
);
create index client_changes_tx on sync.client_changes (tx_id);
create index client_changes_row on sync.client_changes (table_name, row_key);
create index client_changes_new_row on sync.client_changes (table_name, new_row_key) where new_row_key is not null;

-- The server's version of each row that a pending change touches; null: the server has none [A2].
create table sync.base_row (
  table_name text not null,
  row_key text not null,
  row jsonb,
  primary key (table_name, row_key)
);

-- Refused mutations, until the app disposes of them (I2).
create table sync.rejected (
  tx_id uuid primary key,
  mutation_id bigint not null,
  reason jsonb not null,
  changes jsonb not null,
  rejected_at timestamptz not null default now()
);

-- The mutation that the running transaction records into; its first change opens it.
create function sync.current_mutation() returns uuid language plpgsql as $$
declare
  tx uuid;
  number bigint;
begin
  select m.tx_id into tx from sync.client_mutation m where m.xid = pg_current_xact_id();
  if found then
    return tx;
  end if;
  update sync.state set last_mutation = last_mutation + 1 returning last_mutation into number;
  tx := gen_random_uuid();
  insert into sync.client_mutation (tx_id, mutation_id, xid) values (tx, number, pg_current_xact_id());
  perform pg_notify('${OUTBOX_CHANNEL}', '');
  return tx;
end $$;

create function sync.refuse_truncate() returns trigger language plpgsql as $$
begin
  raise exception 'TRUNCATE cannot be recorded on a replica: use DELETE' using errcode = '0A000';
end $$;
${TABLE_STATE}${CLIENT_MIGRATION}`;

/** Brings a replica that was made before there were scopes to {@link SYNC_DDL}: nobody knows what its rows were read for, so that they are read again. */
export const SYNC_UPGRADE = /* sql */ `
alter table sync.state add column if not exists scope text;
alter table sync.state add column if not exists schema jsonb;
update sync.state set epoch = null, seq = null, chain = null where scope is null and epoch is not null;
${TABLE_STATE}${CLIENT_MIGRATION}`;
