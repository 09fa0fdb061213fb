import type { PositionJson } from '@millrace/kernel';
import {
  BEARER_PREFIX,
  decodeServerMessages,
  encodeClientMessages,
  PROTOCOL_VERSION,
  SUBPROTOCOL,
  type ClientMessage,
  type Hello,
  type ServerMessage,
} from '@millrace/sync-protocol';
import { eventually } from './eventually.js';

export interface ClosedSocket {
  readonly code: number;
  readonly reason: string;
}

/** A socket of the protocol without any client behind it: it says what it is told to, and keeps all that it hears. */
export interface RawSocket {
  /** Everything that came, as text. */
  readonly texts: readonly string[];
  frames(): readonly ServerMessage[];
  /** The first frame of a type; waits until it is there. */
  frame<Type extends ServerMessage['type']>(type: Type): Promise<Extract<ServerMessage, { type: Type }>>;
  readonly opened: Promise<boolean>;
  readonly closed: Promise<ClosedSocket>;
  say(...messages: readonly ClientMessage[]): void;
  /** Whatever it is. */
  sayRaw(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export interface RawSocketOptions {
  /** Of the server, with `http:`. */
  readonly url: string;
  readonly clientId: string;
  readonly token: string;
  /** Default: ours and the token's. */
  readonly subprotocols?: readonly string[];
}

export function openRawSocket({ url, clientId, token, subprotocols }: RawSocketOptions): RawSocket {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/sync?client=${clientId}`, [
    ...(subprotocols ?? [SUBPROTOCOL, `${BEARER_PREFIX}${token}`]),
  ]);
  const texts: string[] = [];
  const frames = () => texts.flatMap((text) => decodeServerMessages(text));
  socket.addEventListener('message', ({ data }) => texts.push(String(data)));
  return {
    texts,
    frames,
    frame: (type) =>
      eventually(() => {
        const found = frames().find(
          (frame): frame is Extract<ServerMessage, { type: typeof type }> => frame.type === type,
        );
        if (!found) throw new Error(`no frame ${type} among: ${frames().map((frame) => frame.type)}`);
        return found;
      }),
    opened: new Promise((resolve) => {
      socket.addEventListener('open', () => resolve(true));
      socket.addEventListener('close', () => resolve(false));
    }),
    closed: new Promise((resolve) => socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }))),
    say: (...messages) => socket.send(encodeClientMessages(messages)),
    sayRaw: (data) => socket.send(data),
    close: () => socket.close(1000),
  };
}

/** A `hello` at this cursor. */
export function helloAt(position: PositionJson, fields: Partial<Hello> & Pick<Hello, 'clientId' | 'scope'>): Hello {
  return {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    position,
    schemaVersion: '1.0.0',
    appVersion: '1.0.0',
    ackedMutation: 0,
    ...fields,
  };
}
