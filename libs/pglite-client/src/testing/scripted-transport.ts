import { SyncError } from '@millrace/kernel';
import {
  decodeClientMessages,
  encodeServerMessages,
  type ClientMessage,
  type MigrationsAnswer,
  type PushRequest,
  type SchemaAnswer,
  type ServerMessage,
  type SnapshotAnswer,
  type SnapshotRequest,
  type TailLine,
  type TailRequest,
} from '@millrace/sync-protocol';
import type { ChunkAddress, SchemaQuestion, SocketEvents, Transport } from '../core/ports/transport.js';
import { EPOCH } from './conformance/client-store-world.js';

type PushOutcome = Awaited<ReturnType<Transport['push']>>;

/** One socket as the test, in the server's place, holds it. */
export interface ScriptedSocket {
  readonly clientId: string;
  readonly token: string;
  /** What the client has sent. */
  readonly sent: ClientMessage[];
  /** The client closed it. */
  closed: boolean;
  say(...messages: readonly ServerMessage[]): void;
  drop(code?: number): void;
  /** Resolves when the client has sent a frame of this type after this call, or had before and nobody took it. */
  next(type: ClientMessage['type']): Promise<ClientMessage>;
}

/** A transport whose other end is the test. */
export interface ScriptedTransport extends Transport {
  /** The next socket that the client opens. */
  nextSocket(): Promise<ScriptedSocket>;
  readonly pushes: PushRequest[];
  /** What the server answers; default: everything is accepted. Throwing is a network failure. */
  onPush: (request: PushRequest) => PushOutcome | Promise<PushOutcome>;
  /** What the server answers to the three requests of a hydration; see `serveHydration`. Default: it has no snapshot. */
  onSnapshot: (request: SnapshotRequest) => SnapshotAnswer | Promise<SnapshotAnswer>;
  onChunk: (address: ChunkAddress) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
  onTail: (request: TailRequest) => AsyncIterable<TailLine> | Iterable<TailLine>;
  /** The schema in force, and the steps to it. Default: it does not say. */
  onSchema: (client: SchemaQuestion) => SchemaAnswer | Promise<SchemaAnswer>;
  onMigrations: (from: string) => MigrationsAnswer | Promise<MigrationsAnswer>;
  readonly snapshots: SnapshotRequest[];
  readonly registered: string[];
}

export function scriptedTransport(): ScriptedTransport {
  const sockets: ScriptedSocket[] = [];
  const waiting: ((socket: ScriptedSocket) => void)[] = [];
  const transport: ScriptedTransport = {
    pushes: [],
    registered: [],
    onPush: (request) => ({
      kind: 'results',
      response: {
        results: request.mutations.map(({ mutationId, txId }) => ({
          mutationId,
          txId,
          verdict: 'accepted',
          reason: null,
        })),
      },
    }),
    onSnapshot: unscripted,
    onChunk: unscripted,
    onTail: unscripted,
    onSchema: unscripted,
    onMigrations: unscripted,
    snapshots: [],
    nextSocket: () => {
      const socket = sockets.shift();
      return socket ? Promise.resolve(socket) : new Promise((resolve) => waiting.push(resolve));
    },
    openSocket: (clientId, token, events) => {
      const { socket, side } = scriptedSocket(clientId, token, events);
      queueMicrotask(() => {
        if (!socket.closed) events.opened();
      });
      const taker = waiting.shift();
      if (taker) taker(socket);
      else sockets.push(socket);
      return side;
    },
    register: (clientId) => {
      transport.registered.push(clientId);
      return Promise.resolve({ clientId, epoch: EPOCH });
    },
    push: async (request) => {
      transport.pushes.push(request);
      return transport.onPush(request);
    },
    snapshot: async (request) => {
      transport.snapshots.push(request);
      return transport.onSnapshot(request);
    },
    schema: async (client) => transport.onSchema(client),
    migrations: async (from) => transport.onMigrations(from),
    chunk: async (address) => transport.onChunk(address),
    tail: async function* (request) {
      yield* transport.onTail(request);
    },
  };
  return transport;
}

function unscripted(): never {
  throw new SyncError('snapshot-failed', 'no answer to this was scripted');
}

function scriptedSocket(clientId: string, token: string, events: SocketEvents) {
  const unread: ClientMessage[] = [];
  const readers: { readonly type: ClientMessage['type']; readonly resolve: (message: ClientMessage) => void }[] = [];
  const socket: ScriptedSocket = {
    clientId,
    token,
    sent: [],
    closed: false,
    say: (...messages) => {
      if (!socket.closed) events.message(encodeServerMessages(messages));
    },
    drop: (code = 1006) => {
      if (!socket.closed) events.closed(code, '');
      socket.closed = true;
    },
    next: (type) => {
      const at = unread.findIndex((message) => message.type === type);
      if (at >= 0) return Promise.resolve(unread.splice(at, 1)[0] as ClientMessage);
      return new Promise((resolve) => readers.push({ type, resolve }));
    },
  };
  const side = {
    send: (text: string) => {
      for (const message of decodeClientMessages(text)) {
        socket.sent.push(message);
        const at = readers.findIndex((reader) => reader.type === message.type);
        if (at >= 0) readers.splice(at, 1)[0]?.resolve(message);
        else unread.push(message);
      }
    },
    close: () => {
      socket.closed = true;
    },
  };
  return { socket, side };
}

/** `welcome` for a client that stands at `seq`. */
export function welcomeAt(
  seq: number,
  verdicts: Extract<ServerMessage, { type: 'welcome' }>['verdicts'] = [],
): ServerMessage {
  return {
    type: 'welcome',
    protocol: 1,
    head: { epoch: EPOCH, seq: String(seq), chain: seq.toString(16).padStart(32, '0') },
    schema: { version: '1.0.0', fit: 'same' },
    verdicts,
    window: 1_000_000,
  };
}
