import type { FieldDef } from 'pg';
import type { Gate } from './gated-queue.js';

/** What a driver says of a statement. */
export interface DriverResult {
  readonly rows: readonly (string | null)[][];
  readonly fields: readonly Pick<FieldDef, 'name'>[];
  readonly rowCount: number | null;
  readonly command: string;
}

export interface DriverStatement {
  readonly text: string;
  readonly values?: unknown[];
  readonly rowMode: 'array';
}

type Listener = (...args: never[]) => void;

/** A Node socket, a TLS socket, a `WorkerdSocket`, or the driver's own face of a WebSocket. */
export interface DriverStream {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  listeners(event: 'data'): Listener[];
  removeAllListeners(event: 'data'): unknown;
}

/** The parts of a driver's connection that its types leave out. */
export interface DriverConnection {
  readonly stream: DriverStream;
  on(event: 'parameterStatus', listener: (message: { parameterName: string; parameterValue: string }) => void): unknown;
  once(event: 'sslconnect' | 'replicationStart', listener: () => void): unknown;
  once(event: 'copyOutResponse', listener: (message: { binary: boolean }) => void): unknown;
  sendCopyFromChunk(chunk: Buffer): void;
}

/** The client of `pg`, or of a driver built on it. */
export interface DriverClient {
  readonly connection: DriverConnection;
  /** Whether Postgres' own TLS is spoken; known once {@link connect} was called. */
  readonly ssl: unknown;
  connect(): Promise<unknown>;
  query(statement: DriverStatement): Promise<DriverResult | DriverResult[]>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'end', listener: () => void): unknown;
}

/** One client that is made and not connected yet, with what each driver does in a way of its own. */
export interface Driver {
  readonly client: DriverClient;
  /** The socket's valve. */
  readonly gate: Gate;
  /** Told of each chunk before it is looked at; throws where a shut gate holds nothing back and the chunk is one too many. */
  arrived(bytes: number): void;
  /** Says goodbye and closes the socket. */
  farewell(): void;
  /** Cuts the socket at once. */
  cut(error?: Error): void;
}
