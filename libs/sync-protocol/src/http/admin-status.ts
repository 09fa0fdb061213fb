import { migrationKinds } from '@millrace/schema-compat';
import * as v from 'valibot';
import { positionSchema } from '../schemas.js';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Where an instance stands in its life, and how far its snapshot has come. */
export const adminInstanceStateSchema = v.object({
  phase: v.picklist(['created', 'snapshot-loading', 'live']),
  since: v.string(),
  /** Why it is there, and what kind of doubt that is; null for a life without incident. */
  cause: v.nullable(v.string()),
  trigger: v.nullable(v.string()),
  chunksDone: count,
  chunksTotal: count,
  /** Snapshots that were handed out since it was last live. */
  attempts: count,
  lastError: v.nullable(v.string()),
});
export type AdminInstanceState = v.InferOutput<typeof adminInstanceStateSchema>;

/** One instance that is connected, or loads, as the dashboard shows it. */
export const adminInstanceSchema = v.object({
  clientId: v.string(),
  sub: v.string(),
  rowKeys: v.array(v.string()),
  /** Cursor last heard of, as decimal text; null before the first one. */
  seq: v.nullable(v.string()),
  /** Null: it is not connected, but loads. */
  connectedAt: v.nullable(v.string()),
  /** Null: not heard of since the server started. */
  state: v.nullable(adminInstanceStateSchema),
});
export type AdminInstance = v.InferOutput<typeof adminInstanceSchema>;

/** `GET /api/admin/status`: answered from Durable Object storage and memory; never wakes Postgres [Z1]. */
export const adminStatusSchema = v.object({
  time: v.string(),
  capture: v.object({
    state: v.picklist(['starting', 'streaming', 'polling', 'gate-waiting', 'backoff', 'asleep', 'misconfigured']),
    detail: v.nullable(v.string()),
    decoder: v.string(),
    reader: v.string(),
    /** Since when the state holds. */
    since: v.string(),
  }),
  /** Set while all connections to Postgres are closed [Z1]: since when, and when it is looked at next if nobody comes before. */
  sleep: v.nullable(v.object({ since: v.string(), nextLookAt: v.string() })),
  /** As last seen: not while asleep. */
  slot: v.nullable(
    v.object({ name: v.string(), confirmedLsn: v.string(), retainedBytes: v.string(), walStatus: v.string() }),
  ),
  position: v.nullable(positionSchema),
  /** Age of the last persisted commit at the moment it was persisted, ms, without the time in which nobody was there; null: none, or asleep. */
  lagMs: v.nullable(v.number()),
  lastCommitAt: v.nullable(v.string()),
  counters: v.object({
    transactions: count,
    changes: count,
    pushes: count,
    doorbells: count,
    pages: count,
    resyncs: count,
    /** Tables that had to be read anew since a transaction could not be delivered. */
    fills: count,
    quarantined: count,
  }),
  /** The version in force, and the newest steps that led to it, newest first; null before capture has begun. */
  schema: v.nullable(
    v.object({
      version: v.string(),
      migrations: v.array(
        v.object({
          name: v.string(),
          version: v.string(),
          kind: v.picklist(migrationKinds),
          direction: v.picklist(['up', 'down']),
          at: v.string(),
        }),
      ),
    }),
  ),
  /** Since the server started: clients told to load again (`resync`, `fill`), and snapshots handed out (`ordered`), by cause. `table` null: all tables. */
  incidents: v.array(
    v.object({
      kind: v.picklist(['resync', 'fill', 'ordered']),
      cause: v.string(),
      table: v.nullable(v.string()),
      count,
    }),
  ),
  epochs: v.array(v.object({ epoch: v.string(), cause: v.string(), startedAt: v.string() })),
  instances: v.array(adminInstanceSchema),
});
export type AdminStatus = v.InferOutput<typeof adminStatusSchema>;
