import * as v from 'valibot';
import { decodeJson } from './decode.js';
import { LIMITS } from './limits.js';
import { beginSchema } from './messages/begin.js';
import { changesSchema } from './messages/changes.js';
import { checkpointSchema } from './messages/checkpoint.js';
import { commitSchema } from './messages/commit.js';
import { errorSchema } from './messages/error.js';
import { fillSchema } from './messages/fill.js';
import { resyncSchema } from './messages/resync.js';
import { schemaChangeSchema } from './messages/schema-change.js';
import { welcomeSchema } from './messages/welcome.js';

/** Everything a server may send over the socket. */
export const serverMessageSchema = v.variant('type', [
  welcomeSchema,
  beginSchema,
  changesSchema,
  schemaChangeSchema,
  commitSchema,
  fillSchema,
  resyncSchema,
  checkpointSchema,
  errorSchema,
]);
export type ServerMessage = v.InferOutput<typeof serverMessageSchema>;

const batchSchema = v.pipe(v.array(serverMessageSchema), v.minLength(1));

/** One WebSocket text message: a JSON array of frames. */
export function encodeServerMessages(messages: readonly ServerMessage[]): string {
  return JSON.stringify(messages);
}

/** Throws `invalid-message` or `limit-exceeded`. A single row may be as large as a row may be, beyond the size at which messages are cut. */
export function decodeServerMessages(text: string): readonly ServerMessage[] {
  return decodeJson(batchSchema, text, 2 * LIMITS.rowChars + LIMITS.serverMessageChars);
}
