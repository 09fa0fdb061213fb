import type { HistoryTransaction } from '@millrace/change-history';
import { schema, validators } from '@millrace/db';
import { positionToJson, systemClock, type Position } from '@millrace/kernel';
import { createClient, httpTransport, type MillraceClient, type SocketEvents } from '@millrace/pglite-client';
import { encodeServerMessages, PROTOCOL_VERSION, decodeClientMessages } from '@millrace/sync-protocol';
import { deliver, packMessages, SESSION_DEFAULTS } from '@millrace/sync-session';
import type { BenchContext } from '../core/bench.js';
import { machineNow } from '../core/machine-clock.js';
import { until } from '../core/until.js';
import type { BenchStack } from './bench-stack.js';
import { TENANT, USER } from './invoices.js';
import { signToken } from './tokens.js';

/** A client that loads its rows from the server, and is then fed out of memory: the client's own share of the way. */
export interface ReplayedClient extends AsyncDisposable {
  readonly client: MillraceClient;
  /** Where its rows stand. */
  readonly position: Position;
  /** Feeds these transactions as fast as the client's credit allows; seconds until the last one is visible. Null: they are not sent as a stream. */
  replay(transactions: readonly HistoryTransaction[]): Promise<number | null>;
}

export async function openReplayedClient(context: BenchContext, { stack }: BenchStack): Promise<ReplayedClient> {
  const { fetch, WebSocket } = globalThis;
  const real = httpTransport({ url: stack.url, fetch, WebSocket, clock: systemClock });
  let script: Script | null = null;
  const client = await createClient(
    { url: stack.url, getToken: () => signToken(stack.jwtSecret), schema, validators, storage: 'memory' },
    {
      transport: {
        ...real,
        openSocket: (clientId, token, events) =>
          script === null ? real.openSocket(clientId, token, events) : playScript(script, events),
      },
    },
  );
  const opened = await context.own({ [Symbol.asyncDispose]: () => client.close() });
  await client.ready;
  await until(client.status, ({ connected }) => connected);
  client.disconnect();
  const { position, clientId } = client.status.get();
  if (position === null || clientId === null) throw new Error('the client has no rows');
  return {
    client,
    position,
    replay: async (transactions) => {
      const texts = textsOf(transactions, clientId, position.seq);
      const last = transactions.at(-1)?.position;
      if (texts === null || last === undefined) return null;
      script = { texts, head: last };
      const began = machineNow();
      client.connect();
      await until(client.status, (status) => (status.position?.seq ?? 0n) >= last.seq);
      const seconds = (machineNow() - began) / 1000;
      client.disconnect();
      return seconds;
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** A client at the only version that there has been. */
const UNMIGRATED = { catalogue: { compiled: schema, steps: [] }, version: schema.version, app: schema.version };

interface Script {
  readonly texts: readonly string[];
  readonly head: Position;
}

/** The messages as a session would send them; null if one of the transactions would not be streamed [D4]. */
function textsOf(
  transactions: readonly HistoryTransaction[],
  clientId: string,
  after: bigint,
): readonly string[] | null {
  const claims = { sub: USER.id, tenantId: TENANT.id, role: USER.role };
  // One that is too large to be streamed has no entries here either.
  if (transactions.some(({ entries }) => entries.length === 0)) return null;
  let from = after;
  const deliveries = transactions.map((transaction) => {
    const delivery = deliver(transaction, { ...UNMIGRATED, claims, clientId, from });
    from = transaction.position.seq;
    return delivery;
  });
  if (deliveries.some(({ kind }) => kind !== 'messages')) return null;
  return packMessages(deliveries.flatMap((delivery) => (delivery.kind === 'messages' ? delivery.messages : [])));
}

/** The server's end of the socket: `welcome`, then everything, never more than the window in flight [D5]. */
function playScript({ texts, head }: Script, events: SocketEvents) {
  let next = 0;
  let sent = 0;
  let closed = false;
  const say = (text: string): void => {
    if (!closed) events.message(text);
  };
  const sendWithin = (received: number): void => {
    while (next < texts.length && sent - received < SESSION_DEFAULTS.windowChars) {
      const text = texts[next++] as string;
      sent += text.length;
      say(text);
    }
  };
  queueMicrotask(() => events.opened());
  return {
    send: (text: string) => {
      for (const message of decodeClientMessages(text)) {
        if (message.type === 'hello') {
          const schemaFit = { version: schema.version, fit: 'same' } as const;
          const window = SESSION_DEFAULTS.windowChars;
          say(
            encodeServerMessages([
              {
                type: 'welcome',
                protocol: PROTOCOL_VERSION,
                head: positionToJson(head),
                schema: schemaFit,
                verdicts: [],
                window,
              },
            ]),
          );
          sendWithin(0);
        } else if (message.type === 'received') {
          sendWithin(message.chars);
        }
      }
    },
    close: () => {
      closed = true;
    },
  };
}
