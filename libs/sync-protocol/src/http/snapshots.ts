import * as v from 'valibot';
import { nameSchema, uuidSchema } from '../schemas.js';

/** Body of `POST /api/snapshots`: the answer is one stream, see `@millrace/hydration`. */
export const snapshotRequestSchema = v.object({ clientId: uuidSchema, schemaVersion: nameSchema });
export type SnapshotRequest = v.InferOutput<typeof snapshotRequestSchema>;
