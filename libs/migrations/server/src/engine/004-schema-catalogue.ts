/** What the catalogue of schema migrations and the register of clients know of versions. */
export const name = '004-schema-catalogue';

export const sql = /* sql */ `
-- A row is one step that the database took, up or down, in the order of \`ordinal\`: the last one names the schema in force. \`migration\` is all
-- that anyone who reads the stream needs for it; up_queries and down_queries are what clients run [M1].
alter table sync.client_migration
  add column ordinal bigint generated always as identity unique,
  add column previous text,
  add column kind text not null check (kind in ('patch', 'additive', 'breaking')),
  add column migration jsonb not null;

-- Of each client as it last said so: the version of its tables, and of the schema that its app was built with.
alter table sync.client_status
  add column schema_version text,
  add column app_version text;
`;
