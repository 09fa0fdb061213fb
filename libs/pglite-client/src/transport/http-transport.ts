import { SyncError, type Clock } from '@millrace/kernel';
import { decodeSnapshot } from '@millrace/hydration';
import {
  decodeValue,
  errorOfProblem,
  pushConflictSchema,
  pushResponseSchema,
  registerResponseSchema,
} from '@millrace/sync-protocol';
import type { Transport } from '../core/ports/transport.js';
import { readBytes } from './read-bytes.js';
import { webSocketOpener, type WebSocketConstructor } from './web-socket.js';

/** A request without an answer for this long is taken for lost, and repeated: nothing can happen twice by it (I3). */
const ANSWER_MS = 30_000;
/** A snapshot may take its time, but not fall silent. */
const SILENCE_MS = 60_000;

export interface HttpTransportOptions {
  /** Origin of the server, say `https://app.example`. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
}

/** The way to a Millrace server by fetch and WebSocket. */
export function httpTransport({ url, fetch, WebSocket, clock }: HttpTransportOptions): Transport {
  async function post(
    path: string,
    body: unknown,
    options: { readonly token: string; readonly signal: AbortSignal },
  ): Promise<Response> {
    try {
      return await fetch(new URL(path, url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${options.token}` },
        body: JSON.stringify(body),
        signal: options.signal,
      });
    } catch (cause) {
      if (options.signal.aborted) throw abortReason(options.signal);
      throw new SyncError('network', `the server at ${url} cannot be reached`, { cause });
    }
  }

  /** The whole exchange within {@link ANSWER_MS}. */
  async function exchange(
    path: string,
    body: unknown,
    token: string,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const abort = new AbortController();
    const stop = clock.after(ANSWER_MS, () => abort.abort(new SyncError('timeout', `no answer from ${path} in time`)));
    try {
      const response = await post(path, body, { token, signal: abort.signal });
      return { status: response.status, body: await jsonOf(response, abort.signal) };
    } finally {
      stop();
    }
  }

  return {
    openSocket: webSocketOpener(url, WebSocket),
    register: async (clientId, token) => {
      const answer = await exchange('/api/clients', { clientId }, token);
      if (!isOk(answer.status)) throw errorOfProblem(answer.status, answer.body);
      return decodeValue(registerResponseSchema, answer.body);
    },
    push: async (request, token) => {
      const answer = await exchange('/api/changes', request, token);
      if (answer.status === 409 && isConflict(answer.body)) {
        return { kind: 'conflict', conflict: decodeValue(pushConflictSchema, answer.body) };
      }
      if (!isOk(answer.status)) throw errorOfProblem(answer.status, answer.body);
      return { kind: 'results', response: decodeValue(pushResponseSchema, answer.body) };
    },
    snapshot: async function* (request, token, signal) {
      const abort = new AbortController();
      const forward = () => abort.abort(new SyncError('closed', 'the snapshot is not wanted any more'));
      if (signal.aborted) forward();
      signal.addEventListener('abort', forward, { once: true });
      try {
        const response = await post('/api/snapshots', request, { token, signal: abort.signal });
        if (!isOk(response.status)) throw errorOfProblem(response.status, await jsonOf(response, abort.signal));
        yield* decodeSnapshot(readBytes(response, { clock, silenceMs: SILENCE_MS, abort }));
      } finally {
        signal.removeEventListener('abort', forward);
        abort.abort();
      }
    },
  };
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Tells [W2]'s answer from a problem that happens to have its status. */
function isConflict(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'known' in body;
}

/** What is no JSON (a proxy's page, say) becomes null; the status still tells what to do. */
async function jsonOf(response: Response, signal: AbortSignal): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    if (signal.aborted) throw abortReason(signal);
    throw new SyncError('network', 'the answer of the server broke off', { cause });
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function abortReason(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason;
  return reason instanceof SyncError ? reason : new SyncError('closed', 'the request was given up');
}
