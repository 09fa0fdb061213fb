import { unwrap } from '../answer.js';
import type { Env } from '../env.js';
import type { Claims } from '@millrace/sync-rules';
import type { SessionEffect, SessionEvent } from '@millrace/sync-session';
import type { SnapshotKeys } from '../snapshot-keys.js';
import { gatewayOf, replicationOf, snapshotOf } from './stubs.js';

type Effect<Kind extends SessionEffect['kind']> = SessionEffect & { kind: Kind };

/** The calls by which a session reaches the other objects; each resolves with the event that it comes to. */
export interface SessionCalls {
  /** Registers first and asks for verdicts after it: whatever is persisted from then on reaches the session (F42). */
  register(effect: Effect<'register'>, socketId: string): Promise<SessionEvent>;
  /** A page after a cursor: from the ReplicationDO's memory, else from history through the client's gateway, never beyond what may be served [H5]. */
  pull(effect: Effect<'pull'>, clientId: string): Promise<SessionEvent>;
  /** What the tables in this scope hold: as they are now if the client asks, else as they were within the hour [S6]. */
  checkpoint(claims: Claims, asked: boolean): Promise<SessionEvent>;
}

/** How old what is sent may be, ms. Callers who see the same rows share it. */
const ASKED_AGE_MS = 5_000;
const PERIODIC_AGE_MS = 60 * 60_000;

/** `gateways`: how many GatewayDOs there are. */
export function sessionCalls(env: Env, gateways: number, keys: Pick<SnapshotKeys, 'keyOf'>): SessionCalls {
  return {
    register: async ({ clientId, sub, rowKeys, cursor, afterMutation }, socketId) => {
      const head = unwrap(await replicationOf(env).register({ clientId, sub, rowKeys, cursor, socketId }));
      const verdicts = unwrap(await gatewayOf(env, clientId, gateways).verdicts(clientId, afterMutation, cursor));
      return { kind: 'registered', head, verdicts };
    },
    pull: async ({ after, rowKeys }, clientId) => {
      const recent = unwrap(await replicationOf(env).recent(after, rowKeys));
      if (recent.kind === 'page')
        return { kind: 'pulled', result: { kind: 'page', page: recent.page, complete: true } };
      const result = unwrap(await gatewayOf(env, clientId, gateways).page(after, recent.upTo, rowKeys));
      return { kind: 'pulled', result };
    },
    checkpoint: async (claims, asked) => {
      const key = await keys.keyOf(claims);
      const order = { key, claims, maxAgeMs: asked ? ASKED_AGE_MS : PERIODIC_AGE_MS };
      return { kind: 'checkpoint', checkpoint: unwrap(await snapshotOf(env, key).checksums(order)) };
    },
  };
}
