/**
 * The version of frames and bodies. History:
 *
 * 1 — hello, received, auth, verify; welcome, begin, changes, commit, fill, resync, checkpoint, error.
 */
export const PROTOCOL_VERSION = 1;

/** The oldest version that this side still speaks. */
export const PROTOCOL_FLOOR = 1;

/** The WebSocket subprotocol that both sides name. */
export const SUBPROTOCOL = 'millrace.v1';

/**
 * Text messages beside the frames: a client that has heard nothing for a while sends the one and is answered with the other, by the runtime, without
 * waking whoever sleeps behind the socket. Neither is JSON, so neither can be taken for frames.
 */
export const PING = 'ping';
export const PONG = 'pong';

/** The token travels as a second subprotocol, `bearer.<jwt>`: never in the URL, where logs would keep it (X16). */
export const BEARER_PREFIX = 'bearer.';
