import type { Span } from './trace/span.js';

/** What the page offers to the bench, as `globalThis.bench`. Everything that crosses is JSON. */
export interface PageBench {
  /** Opens the database of the client, without connecting it. */
  open(options: OpenOptions): Promise<OpenedAt>;
  /** Connects, and resolves when the client is ready; when each of the two happened. */
  connect(): Promise<{ readonly askedAt: number; readonly readyAt: number; readonly seq: string }>;
  /** Until the client follows the stream. */
  live(): Promise<number>;
  /** Starts noting the cursor's moves. */
  watch(): void;
  /** Resolves when the cursor is at this seq or beyond. */
  reached(seq: string): Promise<void>;
  /** What the client says of itself, for messages of what did not come to an end. */
  status(): string;
  /** Noted so far. */
  moves(): readonly { readonly seq: string; readonly at: number }[];
  /** Rows of the client's database, as Postgres text; and when they were there. */
  query(sql: string): Promise<{ readonly rows: readonly Record<string, string | null>[]; readonly at: number }>;
  /** Milliseconds that a query of the client's database took. */
  time(sql: string): Promise<number>;
  /** One local write; when it was asked for and when it resolved. */
  write(sql: string): Promise<{ readonly askedAt: number; readonly doneAt: number }>;
  close(): Promise<void>;
  /** What the client's worker did since it was last asked; only in a page that is built to trace. */
  spans(): Promise<readonly Span[]>;
  /** A PGlite of its own in a worker of its own: the raw limit. */
  raw(command: RawCommand): Promise<RawAnswer>;
  /** Names of the directories in OPFS. */
  directories(): Promise<readonly string[]>;
}

export interface OpenOptions {
  readonly principal: string;
  readonly storage: 'opfs' | 'memory';
  readonly connect: boolean;
}

export interface OpenedAt {
  readonly askedAt: number;
  readonly openedAt: number;
}

export type RawCommand =
  /** Opens the database of a directory with these lines of postgresql.conf, and asks a first question. `image`: makes a new one, as the client does. */
  | {
      readonly kind: 'open';
      readonly dataDir: string;
      readonly image?: boolean;
      readonly settings: readonly string[];
      readonly first: string;
    }
  /** Fetches COPY files of these tables and loads them in one transaction; the clock does not count the fetching. */
  | { readonly kind: 'load'; readonly tables: readonly RawTable[] }
  | { readonly kind: 'close' };

export interface RawTable {
  /** Makes the table anew. */
  readonly ddl: string;
  /** `copy … from '/dev/blob' …` */
  readonly copy: string;
  readonly files: readonly string[];
}

export interface RawAnswer {
  readonly startedAt: number;
  readonly doneAt: number;
}
