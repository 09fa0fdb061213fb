import type { Clock } from '@millrace/kernel';
import {
  decodeJson,
  decodeValue,
  errorOfProblem,
  LIMITS,
  migrationsAnswerSchema,
  pushConflictSchema,
  pushResponseSchema,
  registerResponseSchema,
  schemaAnswerSchema,
  snapshotAnswerSchema,
  tailLineSchema,
} from '@millrace/sync-protocol';
import type { Transport } from '../core/ports/transport.js';
import { httpRequests, isOk } from './http-requests.js';
import { readLines, readWhole } from './read-bytes.js';
import { webSocketOpener, type WebSocketConstructor } from './web-socket.js';

/** A line holds about one socket message, which a single row may swell beyond the size at which messages are cut. */
const TAIL_LINE_CHARS = 2 * LIMITS.rowChars + LIMITS.serverMessageChars;

export interface HttpTransportOptions {
  /** Origin of the server, say `https://app.example`. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
}

/** The way to a Millrace server by fetch and WebSocket. */
export function httpTransport({ url, fetch, WebSocket, clock }: HttpTransportOptions): Transport {
  const { exchange, stream } = httpRequests({ url, fetch, clock });
  return {
    openSocket: webSocketOpener(url, { Socket: WebSocket, clock }),
    register: async (clientId, token) => {
      const answer = await exchange('/api/clients', { body: { clientId }, token });
      if (!isOk(answer.status)) throw errorOfProblem(answer.status, answer.body);
      return decodeValue(registerResponseSchema, answer.body);
    },
    push: async (request, token) => {
      const answer = await exchange('/api/changes', { body: request, token });
      if (answer.status === 409 && isConflict(answer.body)) {
        return { kind: 'conflict', conflict: decodeValue(pushConflictSchema, answer.body) };
      }
      if (!isOk(answer.status)) throw errorOfProblem(answer.status, answer.body);
      return { kind: 'results', response: decodeValue(pushResponseSchema, answer.body) };
    },
    snapshot: async (request, token, signal) => {
      const answer = await exchange('/api/snapshots', { body: request, token, signal });
      if (!isOk(answer.status)) throw errorOfProblem(answer.status, answer.body);
      return decodeValue(snapshotAnswerSchema, answer.body);
    },
    chunk: ({ clientId, id, n }, token, { signal, maxBytes }) => {
      const path = `/api/snapshots/${id}/chunks/${n}?client=${clientId}`;
      return readWhole(stream(path, { body: null, token, signal }), maxBytes);
    },
    schema: async ({ tables, app }, token, signal) => {
      const query = new URLSearchParams({ tables, app });
      const answer = await exchange(`/api/schema?${query}`, { body: null, token, signal });
      if (!isOk(answer.status)) throw errorOfProblem(answer.status, answer.body);
      return decodeValue(schemaAnswerSchema, answer.body);
    },
    migrations: async (from, token, signal) => {
      const query = new URLSearchParams({ from });
      const answer = await exchange(`/api/migrations?${query}`, { body: null, token, signal });
      if (!isOk(answer.status)) throw errorOfProblem(answer.status, answer.body);
      return decodeValue(migrationsAnswerSchema, answer.body);
    },
    tail: async function* (request, token, signal) {
      const parts = stream('/api/tail', { body: request, token, signal });
      for await (const line of readLines(parts, TAIL_LINE_CHARS))
        yield decodeJson(tailLineSchema, line, TAIL_LINE_CHARS);
    },
  };
}

/** Tells [W2]'s answer from a problem that happens to have its status. */
function isConflict(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'known' in body;
}
