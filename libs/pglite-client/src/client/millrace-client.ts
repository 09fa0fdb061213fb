import type { MigrationAPI } from '@millrace/migrations-client';
import type { SchemaMeta, Validators } from '@millrace/schema-meta';
import type { ClientStatus } from '../core/client-status.js';
import type { Observable } from '../core/observable.js';
import type { MigrationMode } from '../core/schema-state.js';
import type { PendingMutation, RejectedMutation } from '../core/pending-mutation.js';
import type { VerifyReport } from '../core/verification.js';

export interface CreateClientOptions {
  /** Origin of the server, say `https://app.example`. */
  readonly url: string;
  /** A token of the principal whose database this is. Asked for each call; cache it as long as it holds. */
  readonly getToken: () => Promise<string>;
  /** That the app was built with. The tables follow the server's migrations beyond it, as far as the app can take them. */
  readonly schema: SchemaMeta;
  /** `auto` (default): migrations are taken as they come in the stream. `manual`: they wait there for `migrations.applyMigration`. */
  readonly migrations?: MigrationMode;
  /** The app's rules; a local transaction that breaks one is refused before it is recorded. */
  readonly validators?: Validators;
  /** `opfs`: kept by the browser. `memory`: gone with the process. */
  readonly storage: 'opfs' | 'memory';
  /** Whose database this is: two principals never share one [A5]. Needed for `opfs`. */
  readonly principal?: string;
  /** A kept database can take long to open on a slow machine: called every ten seconds until it is, with the seconds it has taken. */
  readonly onStillOpening?: (seconds: number) => void;
  /** Whether to connect at once (default). */
  readonly connect?: boolean;
}

export interface QueryOptions {
  /** All values as Postgres text. Default: `int8`, `numeric`, dates and times are strings, the rest are JS values. */
  readonly text?: boolean;
}

export interface WriteOptions {
  /** `false`: leave validation to the server (default: the app's validators run first). */
  readonly validate?: boolean;
}

export interface QueryResult<T> {
  readonly rows: T[];
  /** Rows that the statement wrote. */
  readonly affectedRows: number;
}

/** Runs statements: the database, or one transaction of it. */
export interface Queries {
  query<T = Record<string, unknown>>(
    sql: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<QueryResult<T>>;
}

/** The local Postgres. Reads and writes need no network. */
export interface LocalDatabase {
  /** One statement; a writing one is a transaction of its own. Throws `SqlError`, `unsupported-sql`, `InvalidWriteError`. */
  query<T = Record<string, unknown>>(
    sql: string,
    params?: readonly unknown[],
    options?: QueryOptions & WriteOptions,
  ): Promise<QueryResult<T>>;
  /** BEGIN, `work`, COMMIT: one mutation, whatever it writes. Any error rolls back and is thrown on. */
  transaction<T>(work: (tx: Queries) => Promise<T>, options?: WriteOptions): Promise<T>;
}

/** A list that changes as the outbox does. Loaded while somebody subscribes. */
export interface ObservableList<T> extends Observable<readonly T[]> {
  /** The list as it is in the database now. */
  load(): Promise<readonly T[]>;
}

/** A replica of the rows that one principal may see, and the way to write them. */
export interface MillraceClient {
  /** Resolves once the tables hold rows that were whole at one moment; rejects if the client is closed or stopped before. */
  readonly ready: Promise<void>;
  readonly db: LocalDatabase;
  /**
   * Calls `onRows` with the result now, and again after each local or remote change of a table it reads. Rejects if the statement is wrong.
   * Resolves to the end of it. `onError`: a migration has changed what the statement reads, and it is wrong now; once it is right again, rows come again.
   */
  live<T = Record<string, unknown>>(
    sql: string,
    params: readonly unknown[],
    onRows: (rows: T[]) => void,
    onError?: (error: Error) => void,
  ): Promise<() => Promise<void>>;
  readonly status: Observable<ClientStatus>;
  /** Of the tables as they are now: it follows the migrations. */
  readonly schema: Observable<SchemaMeta>;
  readonly migrations: MigrationAPI;
  /** Local transactions that the server has not acknowledged. */
  pending(): ObservableList<PendingMutation>;
  /** Refused local transactions, until they are disposed of. */
  rejected(): ObservableList<RejectedMutation>;
  dispose(txId: string): Promise<void>;
  /** Cuts this client off from the server; reading and writing go on. */
  disconnect(): void;
  connect(): void;
  /** Loads all rows anew; the outbox stays. Tables whose hash is the server's are not downloaded. */
  resync(): void;
  /**
   * Compares count and hash of each table's base rows with the server's, and loads anew what differs. Rejects with `network` while there is no
   * connection, with `timeout` if it takes more than a minute (a repair that was begun goes on), with `closed` if the client is closed meanwhile.
   */
  verify(): Promise<VerifyReport>;
  close(): Promise<void>;
}
