import * as v from 'valibot';
import { positionSchema } from '../schemas.js';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** One connected instance as the dashboard shows it. */
export const adminInstanceSchema = v.object({
  clientId: v.string(),
  sub: v.string(),
  rowKeys: v.array(v.string()),
  /** Cursor last heard of, as decimal text; null before the first one. */
  seq: v.nullable(v.string()),
  connectedAt: v.string(),
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
  slot: v.nullable(
    v.object({ name: v.string(), confirmedLsn: v.string(), retainedBytes: v.string(), walStatus: v.string() }),
  ),
  position: v.nullable(positionSchema),
  /** Age of the last persisted commit at the moment it was persisted, ms. */
  lagMs: v.nullable(v.number()),
  lastCommitAt: v.nullable(v.string()),
  counters: v.object({
    transactions: count,
    changes: count,
    pushes: count,
    doorbells: count,
    pages: count,
    resyncs: count,
    quarantined: count,
  }),
  epochs: v.array(v.object({ epoch: v.string(), cause: v.string(), startedAt: v.string() })),
  instances: v.array(adminInstanceSchema),
});
export type AdminStatus = v.InferOutput<typeof adminStatusSchema>;
