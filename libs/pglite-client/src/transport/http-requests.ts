import { SyncError, type Clock } from '@millrace/kernel';
import { errorOfProblem } from '@millrace/sync-protocol';
import { readBytes } from './read-bytes.js';

/** A request without an answer for this long is taken for lost, and repeated: nothing can happen twice by it (I3). */
const ANSWER_MS = 30_000;
/** A long answer may take its time, but not fall silent. */
const SILENCE_MS = 60_000;

export interface HttpRequestsOptions {
  /** Origin of the server. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export interface RequestOptions {
  readonly token: string;
  /** Ends the request as `closed`. */
  readonly signal?: AbortSignal;
  /** Null: a GET. */
  readonly body: unknown;
}

/** Requests to one server, whose failures are errors of the catalogue. */
export interface HttpRequests {
  /** The whole exchange within a bounded time. What is no JSON (a proxy's page, say) is null; the status still tells what to do. */
  exchange(path: string, options: RequestOptions): Promise<{ readonly status: number; readonly body: unknown }>;
  /** The body part by part, however long it takes, as long as something comes. A status that is no success throws. */
  stream(path: string, options: RequestOptions): AsyncGenerator<Uint8Array>;
}

export function httpRequests({ url, fetch, clock }: HttpRequestsOptions): HttpRequests {
  async function send(path: string, { token, body }: RequestOptions, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== null) headers['content-type'] = 'application/json';
    try {
      return await fetch(new URL(path, url), {
        method: body === null ? 'GET' : 'POST',
        headers,
        ...(body === null ? {} : { body: JSON.stringify(body) }),
        signal,
      });
    } catch (cause) {
      if (signal.aborted) throw abortReason(signal);
      throw new SyncError('network', `the server at ${url} cannot be reached`, { cause });
    }
  }

  /** `work` with a controller that the caller's signal aborts, too. */
  function controlOf({ signal }: RequestOptions): { readonly abort: AbortController; readonly release: () => void } {
    const abort = new AbortController();
    const forward = () => abort.abort(new SyncError('closed', 'the answer is not wanted any more'));
    if (signal?.aborted) forward();
    signal?.addEventListener('abort', forward, { once: true });
    return { abort, release: () => signal?.removeEventListener('abort', forward) };
  }

  return {
    exchange: async (path, options) => {
      const { abort, release } = controlOf(options);
      const stop = clock.after(ANSWER_MS, () =>
        abort.abort(new SyncError('timeout', `no answer from ${path} in time`)),
      );
      try {
        const response = await send(path, options, abort.signal);
        return { status: response.status, body: await jsonOf(response, abort.signal) };
      } finally {
        stop();
        release();
      }
    },
    stream: async function* (path, options) {
      const { abort, release } = controlOf(options);
      const stop = clock.after(SILENCE_MS, () =>
        abort.abort(new SyncError('timeout', `no answer from ${path} in time`)),
      );
      try {
        const response = await send(path, options, abort.signal).finally(stop);
        if (!isOk(response.status)) throw await failureOf(response, abort.signal);
        yield* readBytes(response, { clock, silenceMs: SILENCE_MS, abort });
      } finally {
        release();
        abort.abort();
      }
    },
  };
}

export function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}

async function failureOf(response: Response, signal: AbortSignal): Promise<SyncError> {
  const body = await jsonOf(response, signal);
  return errorOfProblem(response.status, body, response.headers.get('retry-after'));
}

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
