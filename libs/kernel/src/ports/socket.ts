/** The sending half of a message socket (WebSocket on both sides). */
export interface Socket {
  send(text: string): void;
  /** Close code and a short reason for people. */
  close(code: number, reason: string): void;
}

/** Close codes of this protocol beside 1000–1013 of the WebSocket standard. */
export const CLOSE_CODE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  unknownClient: 4404,
  replacedByNewer: 4409,
  resync: 4410,
  internal: 4500,
} as const;
