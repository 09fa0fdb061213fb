import { CLOSE_CODE, type Clock } from '@millrace/kernel';
import { BEARER_PREFIX, PING, PONG, SUBPROTOCOL } from '@millrace/sync-protocol';
import type { Transport } from '../core/ports/transport.js';
import { watchLiveness, type Liveness } from './liveness.js';

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocket;

export interface WebSocketOpenerOptions {
  readonly Socket: WebSocketConstructor;
  readonly clock: Clock;
}

const OPEN = 1;
/** As a browser tells of a connection that broke. */
const BROKEN = 1006;
/** The standard's limit for a close reason, in bytes. */
const REASON_BYTES = 123;

/** Opens sockets of a server. The token travels as a subprotocol, never in the URL (X16). */
export function webSocketOpener(url: string, { Socket, clock }: WebSocketOpenerOptions): Transport['openSocket'] {
  return (clientId, token, events) => {
    const socket = new Socket(syncUrl(url, clientId), [SUBPROTOCOL, `${BEARER_PREFIX}${token}`]);
    let liveness: Liveness | null = null;
    const send = (text: string): void => {
      if (socket.readyState === OPEN) socket.send(text);
    };
    const close = (code: number, reason: string): void => {
      liveness?.end();
      socket.onmessage = null;
      socket.onclose = null;
      socket.onopen = null;
      socket.close(code, shorten(reason));
    };
    // Its own close event would come only when the other side has answered, and it does not.
    const giveUp = (): void => {
      close(CLOSE_CODE.normal, 'silent for too long');
      events.closed(BROKEN, 'the server is silent');
    };
    socket.onopen = () => {
      liveness = watchLiveness({ clock, ask: () => send(PING), giveUp });
      events.opened();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      liveness?.heard();
      if (typeof event.data === 'string' && event.data !== PONG) events.message(event.data);
    };
    // A failure to connect is an `error` without reason and then a `close`: only the latter counts.
    socket.onclose = (event) => {
      liveness?.end();
      events.closed(event.code, event.reason);
    };
    return { send, close };
  };
}

function syncUrl(url: string, clientId: string): string {
  const address = new URL('/api/sync', url);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.searchParams.set('client', clientId);
  return address.href;
}

/** A longer reason makes `close` throw. */
function shorten(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  return bytes.length <= REASON_BYTES ? reason : new TextDecoder().decode(bytes.subarray(0, REASON_BYTES - 3));
}
