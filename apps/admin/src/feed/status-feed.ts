import { errorText, SyncError, type Clock } from '@millrace/kernel';
import type { AdminStatus } from '@millrace/sync-protocol';
import { addSample, type Sample } from './sample.js';

/** What the page knows of the server. The last answer stays while newer ones fail: an old figure with its age beats an empty page. */
export interface FeedState {
  readonly status: AdminStatus | null;
  readonly samples: readonly Sample[];
  /** Why the last request failed; null once one succeeds. */
  readonly failure: { readonly code: string; readonly message: string; readonly since: number } | null;
}

export interface FeedOptions {
  readonly fetchStatus: (signal: AbortSignal) => Promise<AdminStatus>;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onState: (state: FeedState) => void;
}

/** Asks again and again while it runs; one request at a time. Ends by itself once asking again is of no use without a person. */
export interface StatusFeed {
  /** Asks now, then every `everyMs`. Without effect while it runs. */
  start(): void;
  stop(): void;
}

/** Nothing but another token, or another server, changes these answers. */
const FINAL: ReadonlySet<string> = new Set(['unauthenticated', 'forbidden', 'not-found']);

export const EMPTY_FEED: FeedState = { status: null, samples: [], failure: null };

export function createStatusFeed({ fetchStatus, clock, everyMs, onState }: FeedOptions): StatusFeed {
  let state = EMPTY_FEED;
  let running: AbortController | null = null;

  const become = (next: FeedState) => {
    state = next;
    onState(state);
  };

  const askOnce = async (signal: AbortSignal) => {
    try {
      const status = await fetchStatus(signal);
      if (!signal.aborted) become({ status, samples: addSample(state.samples, status), failure: null });
    } catch (error) {
      if (!signal.aborted) become({ ...state, failure: failureOf(error, state.failure?.since ?? clock.now()) });
    }
  };

  const run = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      const asked = clock.now();
      await askOnce(signal);
      if (FINAL.has(state.failure?.code ?? '')) return;
      const wait = Math.max(0, everyMs - (clock.now() - asked));
      await clock.sleep(wait, signal).catch(() => undefined);
    }
  };

  return {
    start() {
      if (running) return;
      running = new AbortController();
      void run(running.signal);
    },
    stop() {
      running?.abort();
      running = null;
    },
  };
}

function failureOf(error: unknown, since: number): FeedState['failure'] {
  return { code: error instanceof SyncError ? error.code : 'internal', message: errorText(error), since };
}
