import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError, backoffDelay, errorText, systemRandom } from '@millrace/kernel';
import type { ClientBase } from 'pg';
import { pgErrorOf } from '../pg-error.js';
import { inTransaction } from '../with-client.js';

export interface LockedStepOptions {
  /** The longest wait for a lock in one attempt, in milliseconds: while it waits, everyone else queues up behind it. Default 2,000. */
  readonly lockTimeoutMs?: number;
  /** Default 12: with the pauses between them, about a minute. */
  readonly attempts?: number;
  /** Told of each attempt that found the tables in use. */
  readonly log?: ((line: string) => void) | undefined;
}

/** Lock not available; deadlock: whoever holds the tables lets go some day. */
const BUSY: ReadonlySet<string> = new Set(['55P03', '40P01']);

/**
 * Runs `work` in a transaction that does not wait long for locks, again and again with pauses [M1].
 * @throws SyncError `timeout`, naming whoever holds the tables, when all attempts are used up
 */
export async function lockedStep(
  client: ClientBase,
  name: string,
  work: () => Promise<void>,
  { lockTimeoutMs = 2_000, attempts = 12, log }: LockedStepOptions = {},
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(client, async () => {
        await client.query(`set local lock_timeout = ${Math.trunc(lockTimeoutMs)}`);
        await work();
      });
    } catch (error) {
      if (!BUSY.has(pgErrorOf(error)?.code ?? '')) throw error;
      if (attempt >= attempts) throw await busy(client, { name, attempts, error });
      log?.(`${name}: its tables are in use (attempt ${attempt} of ${attempts})`);
      await sleep(backoffDelay(attempt, systemRandom, { baseMs: 200, maxMs: 5_000 }));
    }
  }
}

async function busy(
  client: ClientBase,
  { name, attempts, error }: { readonly name: string; readonly attempts: number; readonly error: unknown },
): Promise<SyncError> {
  const { rows } = await client.query<{ line: string }>(`
    select format('process %s of %s, in a transaction for %s s: %s', pid, coalesce(nullif(application_name, ''), usename::text),
      extract(epoch from now() - xact_start)::int, left(query, 80)) as line
    from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()
    order by xact_start limit 5`);
  const who = rows.map(({ line }) => line).join('; ') || 'nobody any more';
  return new SyncError(
    'timeout',
    `${name} was not run: its tables were in use in each of ${attempts} attempts (${errorText(error)}). Open transactions: ${who}. End them, or run it again later`,
    { cause: error },
  );
}
