import { open } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BenchContext } from '../../core/bench.js';
import type { Figure } from '../../core/figure.js';
import { median } from '../../core/percentile.js';
import { startBareWorker, type BareWorker } from '../../support/bare-worker.js';
import { stageFigure, timings } from './stage-figure.js';

const CALLS = 500;
const CLIENTS = 500;
const CHARS = 1_000;
const ECHOES = 300;

/** What Durable Objects cost by themselves, with none of our code in them. */
export async function* objectStages(context: BenchContext): AsyncGenerator<Figure, void, void> {
  await using bare = await startBareWorker(context);
  const each = async (path: string, calls: number): Promise<number> => {
    await bare.time(path);
    return median(await timings(5, () => bare.time(path))) / calls;
  };
  const process = 'standalone workerd, objects without our code';
  yield stageFigure({
    id: 'do-write',
    title: 'DO write: one value, flushed [H4]',
    unit: 'ms',
    value: await each(`/store?count=${CALLS}`, CALLS),
    limit: { value: median(await flushes(context)), of: 'appending 100 bytes to a file and fdatasync, in Node' },
    process,
    covers: 'put and sync',
  });
  yield stageFigure({
    id: 'rpc',
    title: 'RPC: one call from object to object',
    unit: 'ms',
    value: await each(`/call?count=${CALLS}&chars=${CHARS}`, CALLS),
    limit: null,
    process,
    covers: 'call and answer, one after the other',
  });
  yield stageFigure({
    id: 'rpc-fan',
    title: `RPC: calls from one object to ${CLIENTS} others`,
    unit: 'ms',
    value: await each(`/fan?count=${CLIENTS}&chars=${CHARS}`, CLIENTS),
    limit: null,
    process,
    covers: 'all calls and answers, 100 at once, per call',
  });
  yield stageFigure({
    id: 'socket',
    title: 'socket: a text of 1,000 characters to a Durable Object and back',
    unit: 'ms',
    value: median(await socketEchoes(bare)),
    limit: { value: median(await tcpEchoes()), of: 'the same bytes to a TCP server in this Node process and back' },
    process: 'this Node process and standalone workerd',
    covers: 'send, the object’s answer, receive',
  });
}

async function flushes(context: BenchContext): Promise<readonly number[]> {
  const file = await open(join(context.folder, 'flushed'), 'a');
  try {
    const content = Buffer.alloc(100, 'x');
    return await timings(100, async () => {
      await file.write(content);
      await file.datasync();
    });
  } finally {
    await file.close();
  }
}

async function socketEchoes({ url }: BareWorker): Promise<readonly number[]> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('the socket was refused')), { once: true });
  });
  const text = 'x'.repeat(CHARS);
  const samples = await timings(ECHOES, async () => {
    const answered = new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }));
    socket.send(text);
    await answered;
  });
  socket.close();
  return samples;
}

async function tcpEchoes(): Promise<readonly number[]> {
  const server = createServer((peer) => peer.pipe(peer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
  const bytes = Buffer.alloc(CHARS, 'x');
  const samples = await timings(ECHOES, async () => {
    const answered = new Promise((resolve) => client.once('data', resolve));
    client.write(bytes);
    await answered;
  });
  client.destroy();
  server.close();
  return samples;
}
