import { BEARER_PREFIX, SUBPROTOCOL } from '@millrace/sync-protocol';
import type { Transport } from '../core/ports/transport.js';

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocket;

const OPEN = 1;
/** The standard's limit for a close reason, in bytes. */
const REASON_BYTES = 123;

/** Opens sockets of a server. The token travels as a subprotocol, never in the URL (X16). */
export function webSocketOpener(url: string, Socket: WebSocketConstructor): Transport['openSocket'] {
  return (clientId, token, events) => {
    const socket = new Socket(syncUrl(url, clientId), [SUBPROTOCOL, `${BEARER_PREFIX}${token}`]);
    socket.onopen = () => events.opened();
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === 'string') events.message(event.data);
    };
    // A failure to connect is an `error` without reason and then a `close`: only the latter counts.
    socket.onclose = (event) => events.closed(event.code, event.reason);
    return {
      send: (text) => {
        if (socket.readyState === OPEN) socket.send(text);
      },
      close: (code, reason) => {
        socket.onmessage = null;
        socket.onclose = null;
        socket.onopen = null;
        socket.close(code, shorten(reason));
      },
    };
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
