import type { ClientBase } from 'pg';

/** TypeORM's own list of what has run here, kept as TypeORM keeps it, so that its tools agree. */
const TABLE = 'public.migrations';

/** Class names, oldest first. */
export async function readExecuted(client: ClientBase): Promise<readonly string[]> {
  const { rows: found } = await client.query<{ there: boolean }>(`select to_regclass($1) is not null as there`, [
    TABLE,
  ]);
  if (found[0]?.there !== true) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${TABLE} order by timestamp, id`);
  return rows.map(({ name }) => name);
}

export async function addExecuted(client: ClientBase, migration: { name: string; timestamp: number }): Promise<void> {
  await client.query(`create table if not exists ${TABLE} (
    id serial not null, timestamp bigint not null, name varchar not null, constraint migrations_pkey primary key (id))`);
  await client.query(`insert into ${TABLE} (timestamp, name) values ($1, $2)`, [migration.timestamp, migration.name]);
}

export async function removeExecuted(client: ClientBase, name: string): Promise<void> {
  await client.query(`delete from ${TABLE} where name = $1`, [name]);
}
