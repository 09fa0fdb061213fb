/** The part of workerd's TCP module that the socket uses. Its own types would replace the DOM's for the whole lib. */
export interface TcpSocket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly opened: Promise<unknown>;
  readonly closed: Promise<void>;
  close(): Promise<void>;
  startTls(): TcpSocket;
}

interface CloudflareSockets {
  connect(
    address: { hostname: string; port: number },
    options: { secureTransport: 'off' | 'starttls'; allowHalfOpen: boolean },
  ): TcpSocket;
}

/** Not a literal in the import, so that Node and bundlers for Node do not look for it. */
const MODULE: string = 'cloudflare:sockets';

/** Only inside workerd. */
export async function loadSockets(): Promise<CloudflareSockets> {
  return (await import(MODULE)) as CloudflareSockets;
}
