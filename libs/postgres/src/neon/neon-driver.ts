import { Client } from '@neondatabase/serverless';
import type { Clock } from '@millrace/kernel';
import { clientConfig, type ConfigOptions } from '../connection-config.js';
import type { Driver, DriverClient, DriverConnection, DriverStream } from '../wire/driver.js';
import { boundedGate } from './bounded-gate.js';

/** The driver's face of a WebSocket as a Node socket. */
interface NeonStream extends DriverStream {
  /** Undefined until it is connected. */
  ws: unknown;
  emit(event: 'error', error: Error): unknown;
  emit(event: 'close'): unknown;
  destroy(): unknown;
}

interface NeonConnection extends DriverConnection {
  readonly stream: NeonStream;
  end(): void;
}

export interface NeonDriverOptions extends ConfigOptions {
  /** `ws://` or `wss://` and its path; without one, the proxy of Neon that belongs to the host. */
  readonly proxy: URL | null;
}

/** A client of `@neondatabase/serverless`: Postgres' own protocol in a WebSocket. */
export function neonDriver(options: NeonDriverOptions, clock: Clock): Driver {
  const client = new Client({
    ...clientConfig(options),
    types: { getTypeParser: () => asText },
    // Its own time-out closes the socket and waits for the peer's goodbye: see `limited`.
    connectionTimeoutMillis: 0,
  });
  tune(client, options.proxy);
  const { connection } = client as unknown as { readonly connection: NeonConnection };
  const { stream } = connection;
  const gate = boundedGate();
  const cut = (): void => {
    stream.destroy();
    // What it still had to send would be sent into a closed socket, which workerd takes for an error of nobody.
    stream.ws = undefined;
    // A peer that is gone never answers the closing handshake.
    stream.emit('close');
  };
  return {
    client: limited(client as unknown as DriverClient, { stream, clock, ms: options.connectTimeoutMs }),
    gate,
    arrived: gate.arrived,
    farewell: () => {
      // Sent at once, not gathered: the socket is closed right behind it.
      client.neonConfig.coalesceWrites = false;
      connection.end();
    },
    cut,
  };
}

function asText(value: string): string {
  return value;
}

/** Per client: the driver's global settings belong to whoever else uses it. */
function tune(client: Client, proxy: URL | null): void {
  const { neonConfig } = client;
  // A password sent ahead of the question is one in clear text: an optimisation for Neon's own proxy, refused by any other server.
  neonConfig.pipelineConnect = false;
  if (proxy === null) return;
  neonConfig.useSecureWebSocket = proxy.protocol === 'wss:';
  neonConfig.wsProxy = (host, port) =>
    `${proxy.host}${proxy.pathname}?address=${encodeURIComponent(`${host}:${String(port)}`)}`;
}

interface ConnectLimits {
  readonly stream: NeonStream;
  readonly clock: Clock;
  readonly ms: number;
}

/** The client with a time-out for connecting, and with errors where it tells of an event of its WebSocket. */
function limited(client: DriverClient, { stream, clock, ms }: ConnectLimits): DriverClient {
  const connect = async (): Promise<void> => {
    const cancel = clock.after(ms, () => stream.emit('error', new Error('timeout expired')));
    try {
      await client.connect();
    } catch (error) {
      throw errorOf(error);
    } finally {
      cancel();
    }
  };
  return {
    connection: client.connection,
    get ssl() {
      return client.ssl;
    },
    connect,
    query: (statement) => client.query(statement),
    on: (event, listener) => client.on(event, (error) => listener(errorOf(error))),
    once: (event, listener) => client.once(event, listener),
  };
}

/** An ErrorEvent says as much as the runtime lets it, often nothing. */
function errorOf(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  const { message, error } = (reason ?? {}) as { readonly message?: unknown; readonly error?: unknown };
  if (error instanceof Error && error.message !== '') return error;
  return new Error(typeof message === 'string' && message !== '' ? message : 'the WebSocket failed');
}
