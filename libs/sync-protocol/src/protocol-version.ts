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

/** The token travels as a second subprotocol, `bearer.<jwt>`: never in the URL, where logs would keep it (X16). */
export const BEARER_PREFIX = 'bearer.';
