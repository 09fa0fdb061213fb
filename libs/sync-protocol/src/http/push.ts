import * as v from 'valibot';
import { LIMITS } from '../limits.js';
import { mutationIdSchema, mutationResultSchema, nameSchema, rowSchema, uuidSchema } from '../schemas.js';

/**
 * One recorded change of a local transaction, never coalesced with another [W1]. `set`: the columns it writes (all client-set columns for
 * an insert, none for a delete). `old`: the value that each of them had (for a delete: the whole row as seen). `version`: the row's
 * `version` as seen, null for inserts and tables without one.
 */
export const mutationChangeSchema = v.object({
  table: nameSchema,
  operation: v.picklist(['insert', 'update', 'delete']),
  key: rowSchema,
  set: rowSchema,
  old: rowSchema,
  version: v.nullable(v.string()),
});
export type MutationChange = v.InferOutput<typeof mutationChangeSchema>;

/** One local transaction. */
export const mutationSchema = v.object({
  mutationId: mutationIdSchema,
  txId: uuidSchema,
  changes: v.pipe(v.array(mutationChangeSchema), v.minLength(1), v.maxLength(LIMITS.mutationChanges)),
});
export type Mutation = v.InferOutput<typeof mutationSchema>;

/** Body of `POST /api/changes`: mutations of one client in order of their ids. */
export const pushRequestSchema = v.object({
  clientId: uuidSchema,
  epoch: uuidSchema,
  schemaVersion: nameSchema,
  mutations: v.pipe(v.array(mutationSchema), v.minLength(1), v.maxLength(LIMITS.pushMutations)),
});
export type PushRequest = v.InferOutput<typeof pushRequestSchema>;

/** 200: verdicts in order. Only tells the UI early; the ack is the row in the stream [W5]. May hold fewer results than mutations: send the rest again. */
export const pushResponseSchema = v.object({ results: v.array(mutationResultSchema) });
export type PushResponse = v.InferOutput<typeof pushResponseSchema>;

/** 409 [W2]: what the server knows of this client. Known ones are settled, the others renumbered from `lastMutationId + 1` under `epoch`; txIds never change. */
export const pushConflictSchema = v.object({
  code: v.picklist(['mutation-order', 'epoch-changed']),
  message: v.string(),
  epoch: uuidSchema,
  lastMutationId: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  known: v.array(mutationResultSchema),
});
export type PushConflict = v.InferOutput<typeof pushConflictSchema>;
