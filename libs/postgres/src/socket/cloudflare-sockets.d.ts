/** The part of workerd's TCP module that the socket uses. Its full types would replace the DOM's for the whole lib. */
declare module 'cloudflare:sockets' {
  interface TcpSocket {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    readonly opened: Promise<unknown>;
    readonly closed: Promise<void>;
    close(): Promise<void>;
    startTls(options?: { expectedServerHostname?: string }): TcpSocket;
  }
  export function connect(
    address: { hostname: string; port: number },
    options: { secureTransport: 'off' | 'starttls'; allowHalfOpen: boolean },
  ): TcpSocket;
}
