import { quoteLiteral, quoteTable, tableParts, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';

/** Set while a transaction of the app runs: only its statements are held to what a replica bears, our own are free. */
export const GUARDED = `coalesce(current_setting('millrace.app', true), '') = 'on'`;

/** Makes the running transaction the app's. */
export const BE_APP = 'set local millrace.app = on';

const SYNC_TABLES = [
  'state',
  'client_mutation',
  'client_changes',
  'base_row',
  'rejected',
  'table_state',
  'client_migration',
];

const CAPTURE_TRIGGERS = ['millrace_before', 'millrace_after', 'millrace_truncate'];

/**
 * Keeps the app's statements from disabling the replica without a word [A3]: schema `sync` is written by capture only, and what capture and apply need of
 * the synced tables stays. Whatever way a statement takes (a function, DO, a cascade), it is seen when its command ends, and rolled back. Made anew at
 * each start, for the schema in use.
 */
export function replicaGuard(schema: SchemaMeta): string {
  return [guardSyncTables(), guardDdl(schema)].join('\n');
}

/** Depth 0: not from inside a trigger, as capture writes. */
function guardSyncTables(): string {
  const triggers = SYNC_TABLES.flatMap((table) => [
    `create or replace trigger millrace_guard before insert or update or delete on sync.${table} for each statement when (pg_trigger_depth() = 0 and ${GUARDED}) execute function sync.refuse_write();`,
    `create or replace trigger millrace_guard_truncate before truncate on sync.${table} for each statement when (${GUARDED}) execute function sync.refuse_write();`,
  ]);
  return `
create or replace function sync.refuse_write() returns trigger language plpgsql as $$
begin
  raise exception 'The tables of schema sync are kept by the client. A refused write is forgotten by client.dispose(txId); other tables of your own can have any other schema.' using errcode = '0A000';
end $$;
${triggers.join('\n')}`;
}

/** Before the first migration. */
const NO_TABLES = 'select null::text, null::text, null::oid where false';

function syncedRow({ name }: TableMeta): string {
  const { table } = tableParts(name);
  return `(${quoteLiteral(name)}, ${quoteLiteral(table)}, to_regclass(${quoteLiteral(quoteTable(name))})::oid)`;
}

function guardDdl({ tables }: SchemaMeta): string {
  const rows = tables.length === 0 ? NO_TABLES : `values ${tables.map(syncedRow).join(', ')}`;
  return `
create or replace function sync.refuse_ddl() returns event_trigger language plpgsql set search_path = pg_catalog as $$
declare
  found text;
begin
  if not (${GUARDED}) then
    return;
  end if;
  select d.object_identity into found from pg_event_trigger_ddl_commands() d
    where d.schema_name = 'sync'
      or (d.classid = 'pg_namespace'::regclass and d.command_tag <> 'CREATE SCHEMA'
        and (d.object_identity = 'sync' or to_regnamespace('sync') is null));
  if found is not null then
    raise exception '% is kept by the client and cannot be changed: tables, views and functions of your own can have any other schema.', found using errcode = '0A000';
  end if;
  with synced (name, plain, oid) as (${rows}), done as (select * from pg_event_trigger_ddl_commands())
  select s.name into found from synced s where
    s.oid is null
    or exists (select from done d where d.classid = 'pg_class'::regclass and d.objid = s.oid and d.command_tag = 'ALTER TABLE')
    or (select count(*) from pg_trigger t where t.tgrelid = s.oid and t.tgenabled = 'O' and t.tgname in (${CAPTURE_TRIGGERS.map(quoteLiteral).join(', ')})) < ${CAPTURE_TRIGGERS.length}
    or exists (select from done d join pg_trigger t on t.oid = d.objid where d.classid = 'pg_trigger'::regclass and t.tgrelid = s.oid and t.tgname in (${CAPTURE_TRIGGERS.map(quoteLiteral).join(', ')}))
    or exists (select from done d join pg_rewrite r on r.oid = d.objid where d.classid = 'pg_rewrite'::regclass and r.ev_class = s.oid)
    or exists (select from done d join pg_index i on i.indexrelid = d.objid where d.classid = 'pg_class'::regclass and i.indrelid = s.oid and i.indisunique)
    or exists (select from done d join pg_constraint k on k.conrelid = d.objid where d.classid = 'pg_class'::regclass and k.contype = 'f' and k.confrelid = s.oid)
    or exists (select from done d join pg_inherits i on i.inhrelid = d.objid where d.classid = 'pg_class'::regclass and i.inhparent = s.oid)
    or exists (select from done d join pg_class c on c.oid = d.objid where d.classid = 'pg_class'::regclass and c.relname = s.plain and c.relnamespace = pg_my_temp_schema())
  limit 1;
  if found is not null then
    raise exception 'The table % is kept in step with the server: it cannot be dropped, altered or hidden here, have a unique index or a rule, or be inherited or referenced by a foreign key. Change it by a migration of the server; tables, views and plain indexes of your own are possible.', found using errcode = '0A000';
  end if;
end $$;
create or replace function sync.refuse_drop() returns event_trigger language plpgsql set search_path = pg_catalog as $$
declare
  found text;
begin
  if not (${GUARDED}) then
    return;
  end if;
  select d.object_identity into found from pg_event_trigger_dropped_objects() d
    where (d.schema_name = 'sync' and not d.is_temporary) or (d.object_type = 'schema' and d.object_identity = 'sync');
  if found is not null then
    raise exception '% is kept by the client and cannot be dropped: schema sync holds what is not sent yet.', found using errcode = '0A000';
  end if;
end $$;
drop event trigger if exists millrace_ddl;
drop event trigger if exists millrace_drop;
create event trigger millrace_ddl on ddl_command_end execute function sync.refuse_ddl();
create event trigger millrace_drop on sql_drop execute function sync.refuse_drop();`;
}
