import type { SyncError } from '@millrace/kernel';
import { encodeServerMessages, SUBPROTOCOL } from '@millrace/sync-protocol';
import { closeCodeOf } from '@millrace/sync-session';

/**
 * The answer to an upgrade of somebody who may know why it is refused: a socket that says so and closes. A browser shows its page neither
 * status nor body of a refused upgrade: a client that is not known any more would knock for ever instead of registering again (I9).
 */
export function refusedSocket({ code, message }: SyncError): Response {
  const { 0: theirs, 1: ours } = new WebSocketPair();
  ours.accept();
  ours.send(encodeServerMessages([{ type: 'error', code, message }]));
  ours.close(closeCodeOf(code), code);
  return new Response(null, { status: 101, webSocket: theirs, headers: { 'sec-websocket-protocol': SUBPROTOCOL } });
}
