import type { ClientBase } from 'pg';

/** Keys of Postgres advisory locks: arbitrary, but the same in every process that prepares a database. */
export const ENGINE_LOCK = 7_262_801;
export const DOMAIN_LOCK = 7_262_802;
export const SEED_LOCK = 7_262_803;

/** Waits until no other session holds the lock, then holds it until this session ends, however it ends. */
export async function takeLock(client: ClientBase, key: number): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [key]);
}
