import * as v from 'valibot';
import { decodeJson } from './decode.js';
import { LIMITS } from './limits.js';
import { authSchema } from './messages/auth.js';
import { helloSchema } from './messages/hello.js';
import { receivedSchema } from './messages/received.js';
import { verifySchema } from './messages/verify.js';

/** Everything a client may send over the socket. */
export const clientMessageSchema = v.variant('type', [helloSchema, receivedSchema, authSchema, verifySchema]);
export type ClientMessage = v.InferOutput<typeof clientMessageSchema>;

const batchSchema = v.pipe(v.array(clientMessageSchema), v.minLength(1), v.maxLength(16));

/** A WebSocket text message is a JSON array of frames, so that a whole small transaction is one message. */
export function encodeClientMessages(messages: readonly ClientMessage[]): string {
  return JSON.stringify(messages);
}

/** Throws `invalid-message` or `limit-exceeded`. */
export function decodeClientMessages(text: string): readonly ClientMessage[] {
  return decodeJson(batchSchema, text, LIMITS.clientMessageChars);
}
