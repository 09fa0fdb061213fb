import { systemClock } from '@millrace/kernel';
import { httpTransport, type Transport } from '@millrace/pglite-client';

/** A real transport that counts what comes through it. */
export interface CountingTransport extends Transport {
  /** Bytes of chunks as they travel, and how many chunks. */
  readonly chunks: { count: number; bytes: number };
  /** UTF-16 units that came by sockets and tails. */
  readonly stream: { chars: number };
}

export function countingTransport(url: string): CountingTransport {
  const chunks = { count: 0, bytes: 0 };
  const stream = { chars: 0 };

  const countingFetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (response.ok && pathname.includes('/chunks/')) {
      chunks.count += 1;
      chunks.bytes += Number(response.headers.get('content-length') ?? 0);
    }
    if (!response.ok || pathname !== '/api/tail' || !response.body) return response;
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (part, controller) => {
          stream.chars += part.length;
          controller.enqueue(part);
        },
      }),
    );
    return new Response(counted, { status: response.status, headers: response.headers });
  };

  class CountingSocket extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      this.addEventListener('message', ({ data }) => (stream.chars += String(data).length));
    }
  }

  return {
    ...httpTransport({ url, fetch: countingFetch, WebSocket: CountingSocket, clock: systemClock }),
    chunks,
    stream,
  };
}
