import type { Socket } from '@millrace/kernel';
import type {
  PushConflict,
  PushRequest,
  PushResponse,
  RegisterResponse,
  SnapshotRequest,
} from '@millrace/sync-protocol';
import type { SnapshotPart } from '@millrace/hydration';

/** What a socket says. After `closed` it says nothing more. */
export interface SocketEvents {
  opened(): void;
  message(text: string): void;
  closed(code: number, reason: string): void;
}

/**
 * The way to the server. Failures reject with `SyncError`; its `retry` tells what may be done. A token is asked of the app for each call.
 */
export interface Transport {
  /** Opens `GET /api/sync`; the token travels in the subprotocol. Failing to connect is a `closed` event. */
  openSocket(clientId: string, token: string, events: SocketEvents): Socket;
  register(clientId: string, token: string): Promise<RegisterResponse>;
  push(
    request: PushRequest,
    token: string,
  ): Promise<
    | { readonly kind: 'results'; readonly response: PushResponse }
    | { readonly kind: 'conflict'; readonly conflict: PushConflict }
  >;
  /** The parts as they arrive; the iteration throws when the stream breaks. `signal` ends it. */
  snapshot(request: SnapshotRequest, token: string, signal: AbortSignal): AsyncIterable<SnapshotPart>;
}
