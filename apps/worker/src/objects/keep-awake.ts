import type { Env } from '../env.js';
import type { SleepSettings } from '../settings.js';
import type { LongUse } from './lazy-session.js';
import { replicationOf } from './stubs.js';

/** Asleep, nothing of ours is connected [Z1]: whoever uses a session for long keeps the ReplicationDO awake. Short uses cost no call: their session is closed before it sleeps. */
export function keepAwake(env: Env, { idleAfterMs }: Pick<SleepSettings, 'idleAfterMs'>): LongUse | null {
  if (idleAfterMs === 0) return null;
  // A call that fails is made again, and the session is there all the same.
  const tell = () =>
    void replicationOf(env)
      .wake()
      .catch(() => undefined);
  return { everyMs: idleAfterMs / 2, tell };
}
