import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';

/** A schema that has each thing on which a write can founder. Not the demo's: the engine must do for any. */
export const workshopSql = /* sql */ `
create type shade as enum ('light', 'dark');
create function bump_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;
create function refuse() returns trigger language plpgsql as $$
begin
  if new.name = 'refused' then raise exception 'The workshop is closed.'; end if;
  if new.name = 'too slow' then raise exception 'canceling statement due to statement timeout' using errcode = '57014'; end if;
  if new.name = 'broken' then raise exception 'relation "secret_table" does not exist' using errcode = '42P01'; end if;
  if new.name = 'swallowed' then return null; end if;
  if new.name = 'gate' then perform pg_advisory_xact_lock(1); end if;
  return new;
end $$;

create table items (
  id uuid primary key default gen_random_uuid(),
  team text not null,
  name varchar(10) not null,
  code text,
  amount numeric(12,2) check (amount >= 0),
  big bigint,
  shade shade,
  initials character(3),
  flags bit(3),
  tags character varying(5)[],
  parent_id uuid,
  secret text,
  created_at timestamptz not null default now(),
  version integer not null default 1,
  unique (team, id),
  constraint items_code unique (team, code),
  constraint items_parent foreign key (team, parent_id) references items (team, id)
);
create trigger items_refuse before insert or update on items for each row execute function refuse();
create trigger items_version before update on items for each row execute function bump_version();

create table parts (
  item_id uuid not null,
  slot integer not null,
  team text not null,
  label text,
  primary key (item_id, slot),
  constraint parts_item foreign key (team, item_id) references items (team, id) deferrable initially deferred
);

create table notes (
  id uuid primary key,
  team text not null,
  owner text not null,
  body text,
  title text,
  version integer not null default 1
);
create trigger notes_version before update on notes for each row execute function bump_version();
create table drafts (like notes including all);
create trigger drafts_version before update on drafts for each row execute function bump_version();

create table prices (id uuid primary key, team text not null, amount numeric);
`;

export const items: TableMeta = {
  ...named('items', 'Item'),
  columns: [
    column('id', 'uuid', { default: 'gen_random_uuid()' }),
    column('team', 'text'),
    column('name', 'character varying(10)'),
    nullable('code', 'text'),
    nullable('amount', 'numeric(12,2)'),
    nullable('big', 'bigint'),
    nullable('shade', 'shade'),
    nullable('initials', 'character(3)'),
    nullable('flags', 'bit(3)'),
    nullable('tags', 'character varying(5)[]'),
    nullable('parent_id', 'uuid'),
    column('created_at', 'timestamp with time zone', { setBy: 'server' }),
    column('version', 'integer', { setBy: 'server' }),
  ],
  serverOnly: ['secret'],
  versionColumn: 'version',
};

export const parts: TableMeta = {
  ...named('parts', 'Part'),
  columns: [column('item_id', 'uuid'), column('slot', 'integer'), column('team', 'text'), nullable('label', 'text')],
  key: ['item_id', 'slot'],
};

/** Everybody of the team reads them, their owner alone writes them. */
export const notes: TableMeta = {
  ...named('notes', 'Note'),
  columns: [
    column('id', 'uuid'),
    column('team', 'text'),
    column('owner', 'text'),
    nullable('body', 'text'),
    nullable('title', 'text'),
    column('version', 'integer', { setBy: 'server' }),
  ],
  versionColumn: 'version',
  policy: 'reject-stale',
  write: rule.and(rule.claim('team', 'team'), rule.claim('owner', 'sub')),
};

export const drafts: TableMeta = { ...notes, ...{ name: 'drafts', entity: 'Draft' }, policy: 'server-wins' };

/** Nobody writes these. */
export const prices: TableMeta = {
  ...named('prices', 'Price'),
  columns: [column('id', 'uuid'), column('team', 'text'), nullable('amount', 'numeric')],
  write: null,
};

export const workshop: SchemaMeta = { version: '1.0.0', tables: [items, parts, notes, drafts, prices] };

function named(name: string, entity: string): Omit<TableMeta, 'columns'> {
  return {
    name,
    entity,
    serverOnly: [],
    key: ['id'],
    versionColumn: null,
    policy: 'last-write-wins',
    read: rule.claim('team', 'team'),
    write: rule.claim('team', 'team'),
  };
}

function column(name: string, type: string, more: Partial<ColumnMeta> = {}): ColumnMeta {
  return { name, property: name, type, clientType: type, nullable: false, default: null, setBy: 'client', ...more };
}

function nullable(name: string, type: string): ColumnMeta {
  return column(name, type, { nullable: true });
}
