import * as v from 'valibot';
import { tableHashSchema } from '../messages/checkpoint.js';
import { fillSchema } from '../messages/fill.js';
import { resyncCauses } from '../messages/resync.js';
import { nameSchema, positionSchema, seqSchema, uuidSchema } from '../schemas.js';
import { serverMessageSchema } from '../server-message.js';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Of a table's chunks. `binary`: binary COPY, loaded unconverted where the column types match. `json`: per row a line, a JSON array of Postgres text or null. */
export const snapshotFormats = ['binary', 'json'] as const;
export type SnapshotFormat = (typeof snapshotFormats)[number];

const layoutSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

/** Body of `POST /api/snapshots`: the rows in my scope, please. May be repeated at will; equal requests share one build. */
export const snapshotRequestSchema = v.object({
  clientId: uuidSchema,
  schemaVersion: nameSchema,
  /**
   * By table, the digest of the columns that the client would load binary rows into (`layoutOf`). A table whose rows would leave the server with
   * other columns comes as `json`, and so does one that is not named.
   */
  layouts: v.optional(v.pipe(v.record(nameSchema, layoutSchema), v.maxEntries(1_000)), {}),
  /** The tables wanted; null: all. */
  tables: v.nullable(v.pipe(v.array(nameSchema), v.minLength(1), v.maxLength(1_000))),
  /** seq that each table's rows must hold, at most the end of history; `0`: any snapshot that the server finds fresh enough. */
  atLeast: seqSchema,
  /** Ids of builds that will not do: their rows came damaged, are gone, cannot be continued, or are those that a checkpoint differs from. */
  not: v.optional(v.pipe(v.array(uuidSchema), v.maxLength(6_000)), []),
  /** Why: counted by the server (I12). */
  cause: v.picklist(resyncCauses),
});
export type SnapshotRequest = v.InferOutput<typeof snapshotRequestSchema>;

/** Immutable rows: one chunk of a table, served by `GET /api/snapshots/:id/chunks/:n`. */
export const snapshotChunkSchema = v.object({
  rows: count,
  /** Bytes on the wire (gzip), and unpacked. */
  bytes: count,
  rawBytes: count,
  /** SHA-256 of the unpacked bytes, hex. */
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
export type SnapshotChunk = v.InferOutput<typeof snapshotChunkSchema>;

export const snapshotTableSchema = v.object({
  name: nameSchema,
  /** The `:id` of its chunks, which are numbered from 0. Made once, never changed. */
  id: uuidSchema,
  format: v.picklist(snapshotFormats),
  /** The columns of its rows, in their order. */
  columns: v.pipe(v.array(nameSchema), v.minLength(1)),
  /** Where history ended when its rows were read; they may show more, but nothing later than the manifest's `upTo`. */
  position: positionSchema,
  rows: count,
  rawBytes: count,
  /** Of its rows as they were read [S6]. */
  hash: tableHashSchema,
  /** First and last key as it was read, as JSON text; null if it has no rows. */
  keyRange: v.nullable(v.object({ first: v.string(), last: v.string() })),
  chunks: v.array(snapshotChunkSchema),
});
export type SnapshotTable = v.InferOutput<typeof snapshotTableSchema>;

/** What a snapshot consists of. Rows and the tail after them are one transaction for the reader [S2]. */
export const snapshotManifestSchema = v.object({
  /** Version of this format. */
  version: v.literal(1),
  id: uuidSchema,
  createdAt: v.string(),
  schemaVersion: nameSchema,
  rulesVersion: nameSchema,
  /** What `hello` names as the scope of these rows. */
  scope: nameSchema,
  /** The oldest position of its tables, and the commit LSN there. */
  position: positionSchema,
  lsn: v.string(),
  /** History has passed everything that the rows show: a tail that ends here or later makes them whole [S2]. */
  upTo: positionSchema,
  tables: v.array(snapshotTableSchema),
});
export type SnapshotManifest = v.InferOutput<typeof snapshotManifestSchema>;

/** Answer of `POST /api/snapshots`: 200 when it is ready, 202 while it is built; then ask again after `retryAfterMs`. */
export const snapshotAnswerSchema = v.variant('state', [
  v.object({
    state: v.literal('building'),
    rows: count,
    /** About how many rows there will be; 0 if Postgres does not know. */
    rowEstimate: count,
    retryAfterMs: count,
  }),
  v.object({ state: v.literal('ready'), manifest: snapshotManifestSchema }),
]);
export type SnapshotAnswer = v.InferOutput<typeof snapshotAnswerSchema>;

/**
 * Body of `POST /api/tail`: the history after `after` that my rows do not hold yet. `held`: per table, the seq up to which its rows hold
 * their history already; for a table that is not named, that is `after`.
 */
export const tailRequestSchema = v.object({
  clientId: uuidSchema,
  schemaVersion: nameSchema,
  after: positionSchema,
  /** The tail must reach this seq: the largest `upTo` of the rows at hand [S2]. */
  atLeast: seqSchema,
  held: v.pipe(v.record(nameSchema, seqSchema), v.maxEntries(1_000)),
});
export type TailRequest = v.InferOutput<typeof tailRequestSchema>;

/** One line of the answer of `POST /api/tail` (`application/x-ndjson`). The last line is not `frames`; without such a line the answer is cut. */
export const tailLineSchema = v.variant('kind', [
  v.object({ kind: v.literal('frames'), messages: v.array(serverMessageSchema) }),
  /** All of it: the cursor of whoever has applied it. */
  v.object({ kind: v.literal('end'), position: positionSchema }),
  /** Something in it cannot be delivered: read these tables anew as well [S4]. */
  v.object({ kind: v.literal('fill'), fill: fillSchema }),
  /** The rows cannot be continued: ask for a new snapshot. */
  v.object({ kind: v.literal('resync'), cause: v.picklist(resyncCauses), message: v.string() }),
  v.object({ kind: v.literal('error'), code: v.string(), message: v.string() }),
]);
export type TailLine = v.InferOutput<typeof tailLineSchema>;
