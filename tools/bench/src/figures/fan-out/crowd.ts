import {
  BEARER_PREFIX,
  decodeServerMessages,
  encodeClientMessages,
  PROTOCOL_VERSION,
  SUBPROTOCOL,
  type Hello,
} from '@millrace/sync-protocol';
import { randomUUID } from 'node:crypto';
import { machineNow } from '../../core/machine-clock.js';
import { buildSnapshot } from '../../support/built-snapshot.js';
import { signToken } from '../../support/tokens.js';
import type { CrowdOrder, CrowdReport } from './crowd-api.js';

/* A process of its own: many sockets that speak the protocol and keep nothing, so that the server's time is measured and not that of 500 databases. */

/** Registering and connecting at once. */
const LANES = 20;

const arrivals = new Map<string, number[]>();
let chars = 0;

const report = (message: CrowdReport): void => void process.send?.(message);

async function join(order: CrowdOrder, scope: string): Promise<void> {
  const clientId = randomUUID();
  const token = await signToken(order.jwtSecret);
  const registered = await fetch(`${order.url}/api/clients`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ clientId }),
  });
  if (!registered.ok) throw new Error(`not registered: ${await registered.text()}`);
  const socket = new WebSocket(`${order.url.replace('http', 'ws')}/api/sync?client=${clientId}`, [
    SUBPROTOCOL,
    `${BEARER_PREFIX}${token}`,
  ]);
  const { position, schemaVersion } = order;
  const hello: Hello = {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    clientId,
    position,
    schemaVersion,
    appVersion: schemaVersion,
    scope,
    ackedMutation: 0,
  };
  await greet(socket, hello);
  socket.addEventListener('close', ({ code, reason }) =>
    report({ kind: 'failed', message: `a socket was closed: ${code} ${reason}` }),
  );
  listen(socket, order.count);
}

function greet(socket: WebSocket, hello: Hello): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('a socket failed')), { once: true });
    socket.addEventListener('close', ({ code, reason }) => reject(new Error(`not welcome: ${code} ${reason}`)), {
      once: true,
    });
    socket.addEventListener('open', () => socket.send(encodeClientMessages([hello])), { once: true });
    socket.addEventListener('message', () => resolve(), { once: true });
  });
}

function listen(socket: WebSocket, count: number): void {
  let received = 0;
  socket.addEventListener('message', ({ data }) => {
    const at = machineNow();
    const text = String(data);
    received += text.length;
    chars += text.length;
    for (const frame of decodeServerMessages(text)) {
      if (frame.type !== 'commit') continue;
      const { seq } = frame.position;
      socket.send(encodeClientMessages([{ type: 'received', seq, chars: received }]));
      note(seq, at, count);
    }
  });
}

function note(seq: string, at: number, count: number): void {
  const times = arrivals.get(seq) ?? [];
  arrivals.set(seq, times);
  times.push(at);
  if (times.length < count) return;
  report({ kind: 'all', seq, arrivals: times, chars });
  arrivals.delete(seq);
}

async function gather(order: CrowdOrder): Promise<void> {
  // What `hello` has to repeat of the rows that a client holds.
  const { scope } = (await buildSnapshot(order.url, await signToken(order.jwtSecret))).manifest;
  let left = order.count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await join(order, scope);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  report({ kind: 'ready' });
}

process.on('message', (order: CrowdOrder) => {
  gather(order).catch((error: unknown) => report({ kind: 'failed', message: String(error) }));
});
// Its parent has gone, and with it whoever it could report to.
process.on('disconnect', () => process.exit(0));
