import type { Socket } from '@millrace/kernel';
import type {
  MigrationsAnswer,
  PushConflict,
  PushRequest,
  PushResponse,
  RegisterResponse,
  SchemaAnswer,
  SnapshotAnswer,
  SnapshotRequest,
  TailLine,
  TailRequest,
} from '@millrace/sync-protocol';

/** What a socket says. After `closed` it says nothing more. */
export interface SocketEvents {
  opened(): void;
  message(text: string): void;
  closed(code: number, reason: string): void;
}

/** One chunk of one table of a snapshot. */
export interface ChunkAddress {
  readonly clientId: string;
  /** The table's id in the manifest. */
  readonly id: string;
  readonly n: number;
}

/**
 * The way to the server. Failures reject with `SyncError`; its `retry` tells what may be done. A token is asked of the app for each call. `signal` ends a
 * call.
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
  /** Asks once; while the snapshot is built, the caller asks again. */
  snapshot(request: SnapshotRequest, token: string, signal: AbortSignal): Promise<SnapshotAnswer>;
  /** The unpacked bytes. `not-found` if the server does not keep it any more; `onBytes` as they come. */
  chunk(address: ChunkAddress, token: string, options: ChunkOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** The lines as they arrive; the iteration throws when the stream breaks. */
  tail(request: TailRequest, token: string, signal: AbortSignal): AsyncIterable<TailLine>;
  /** The schema in force, and how a client with these tables and this app fits it. */
  schema(client: SchemaQuestion, token: string, signal: AbortSignal): Promise<SchemaAnswer>;
  /** The steps from a version to the one in force. */
  migrations(from: string, token: string, signal: AbortSignal): Promise<MigrationsAnswer>;
}

/** Versions of a client: of its tables, and of the schema that its app was built with. */
export interface SchemaQuestion {
  readonly tables: string;
  readonly app: string;
}

export interface ChunkOptions {
  readonly signal: AbortSignal;
  /** Most bytes that it may have: a longer answer is `snapshot-corrupt`. */
  readonly maxBytes: number;
}
