/** Bounds of the protocol (I11). Each names what breaks beyond it. */
export const LIMITS = {
  /** One frame batch from a client, in UTF-16 units: `hello`, `received`, `auth` are small; anything larger is not ours. */
  clientMessageChars: 64 * 1024,
  /** A WebSocket message that the server sends is cut near this size: large ones stall the socket for all that follows, and 32 MiB is workerd's hard limit. */
  serverMessageChars: 256 * 1024,
  /** Most bytes of one request body to `/api/changes`. */
  pushBytes: 4 * 1024 * 1024,
  /** Most mutations in one push, changes in one mutation, and columns in one change. */
  pushMutations: 500,
  mutationChanges: 10_000,
  changeColumns: 1_600,
  /** One row as text; a larger one is declared unsyncable [C6]. */
  rowChars: 8 * 1024 * 1024,
  /** Rows and UTF-16 units in scope above which a transaction is not streamed but read anew [D4]. */
  transactionRows: 20_000,
  transactionChars: 16 * 1024 * 1024,
  /** Names of tables, columns, claims and constraints. */
  nameChars: 256,
  /** Changes in one page of history, and its size: bounds the memory of a Durable Object (128 MB). */
  pageEntries: 5_000,
  pageChars: 4 * 1024 * 1024,
  /** UTF-16 units of a bearer token. */
  tokenChars: 8 * 1024,
} as const;
