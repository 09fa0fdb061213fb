import * as v from 'valibot';

/** Why a client has to hydrate again: shown, logged and counted, never silent (I12). */
export const resyncCauses = [
  'new-client',
  'epoch-changed',
  'cursor-unknown',
  'below-horizon',
  'schema-changed',
  'scope-changed',
  'scope-unknown',
  'transaction-too-large',
  'quarantined',
  'late-table',
  'rewritten',
  'checksum-mismatch',
  'client-request',
] as const;
export type ResyncCause = (typeof resyncCauses)[number];

/** Server → client: this cursor cannot be continued. The client keeps its outbox and hydrates [A4]. */
export const resyncSchema = v.object({
  type: v.literal('resync'),
  cause: v.picklist(resyncCauses),
  message: v.string(),
});
export type Resync = v.InferOutput<typeof resyncSchema>;
