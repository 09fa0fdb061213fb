import { unwrap } from '../answer.js';
import type { Env } from '../env.js';
import { inForce } from '@millrace/schema-compat';
import type { Claims } from '@millrace/sync-rules';
import { scopeClaims, type SessionEffect, type SessionEvent } from '@millrace/sync-session';
import type { Schemas } from '../schemas.js';
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

export interface SessionCallsOptions {
  readonly env: Env;
  /** How many GatewayDOs there are. */
  readonly gateways: number;
  readonly keys: Pick<SnapshotKeys, 'keyOf'>;
  readonly schemas: Pick<Schemas, 'current' | 'including'>;
}

export function sessionCalls({ env, gateways, keys, schemas }: SessionCallsOptions): SessionCalls {
  return {
    register: async ({ clientId, sub, rowKeys, cursor, afterMutation }, socketId) => {
      const head = unwrap(await replicationOf(env).register({ clientId, sub, rowKeys, cursor, socketId }));
      const { marks: verdicts, schemaVersion } = unwrap(
        await gatewayOf(env, clientId, gateways).verdicts(clientId, afterMutation, cursor),
      );
      // What the client is told of the schema in force has to be as new as the head.
      await schemas.current();
      return { kind: 'registered', head, verdicts, schemaVersion };
    },
    pull: async ({ after, rowKeys }, clientId) => {
      const recent = unwrap(await replicationOf(env).recent(after, rowKeys));
      if (recent.kind === 'page') {
        await schemas.including(recent.page.transactions);
        return { kind: 'pulled', result: { kind: 'page', page: recent.page, complete: true } };
      }
      const result = unwrap(await gatewayOf(env, clientId, gateways).page(after, recent.upTo, rowKeys));
      if (result.kind === 'page') await schemas.including(result.page.transactions);
      return { kind: 'pulled', result };
    },
    checkpoint: async (claims, asked) => {
      const schema = inForce(await schemas.current());
      const key = await keys.keyOf({ schema }, claims);
      const own = scopeClaims(schema, claims);
      const order = {
        key,
        claims: own,
        schemaVersion: schema.version,
        maxAgeMs: asked ? ASKED_AGE_MS : PERIODIC_AGE_MS,
      };
      return { kind: 'checkpoint', checkpoint: unwrap(await snapshotOf(env, key).checksums(order)) };
    },
  };
}
