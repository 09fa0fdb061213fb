import type { PgText, Row } from '../row.js';

/** A parameter: Postgres text, null, or a list of these (sent as an array literal). Types are cast in the SQL. */
export type SqlParam = PgText | readonly PgText[];

export interface SqlResult {
  /** All values as Postgres text. */
  readonly rows: readonly Row[];
  /** Rows returned or affected. */
  readonly rowCount: number;
}

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
}

/**
 * One session of a Postgres (server or PGlite). Statements run in the order in which they were issued. Every session is pinned to
 * TimeZone UTC, DateStyle ISO, IntervalStyle iso_8601, extra_float_digits 1, bytea_output hex, so that a value has one text [C2].
 *
 * A failed statement rejects with {@link SqlError}; a lost or refused session with `SyncError('database-unavailable')`.
 */
export interface SqlConnection {
  query(sql: string, params?: readonly SqlParam[]): Promise<SqlResult>;
  /**
   * BEGIN, `work`, COMMIT; any error rolls back and is thrown on. Statements of other callers wait until it has ended: `work` must use the
   * connection handed to it.
   */
  transaction<T>(work: (sql: SqlConnection) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

/** A session that its holder closes. */
export interface SqlSession extends SqlConnection {
  close(): Promise<void>;
  /** Settles when the session has ended for whatever reason; the error, if it was not `close()`. */
  readonly ended: Promise<Error | null>;
}

/** A session that can stream `COPY … TO STDOUT`. Chunks are whole rows of COPY data; the source waits while the reader does. */
export interface CopySession extends SqlSession {
  /** Yields blocks of up to about 64 KiB, each owned by the reader; the returned count is the `COPY n` tag. Only legal inside `transaction`'s work or alone. */
  copyOut(sql: string): AsyncGenerator<Uint8Array, { rowCount: number }, void>;
}

/** What Postgres said about a statement. `code` is the SQLSTATE. */
export class SqlError extends Error {
  readonly code: string;
  readonly table: string | null;
  readonly column: string | null;
  readonly constraint: string | null;
  readonly detail: string | null;

  constructor(
    message: string,
    fields: { code: string; table?: string; column?: string; constraint?: string; detail?: string; cause?: unknown },
  ) {
    super(message, { cause: fields.cause });
    this.name = 'SqlError';
    this.code = fields.code;
    this.table = fields.table ?? null;
    this.column = fields.column ?? null;
    this.constraint = fields.constraint ?? null;
    this.detail = fields.detail ?? null;
  }

  /** First two characters of the SQLSTATE: the class, by which [W4] decides. */
  get sqlClass(): string {
    return this.code.slice(0, 2);
  }
}
