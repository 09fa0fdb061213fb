import { findFreePort, logSince, markLog, spawnChild, CHILD_LADDER } from '@millrace/processes';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchContext } from '../../core/bench.js';
import { pollUntil } from '../../core/poll-until.js';
import type { InstalledZero } from './install-zero.js';

const READY_WITHIN_MS = 120_000;

/** What the client's script says. */
export type ZeroMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'hydrated'; readonly began: number; readonly doneAt: number; readonly rows: number }
  | { readonly kind: 'seen'; readonly notes: string | null; readonly at: number }
  | { readonly kind: 'failed'; readonly message: string };

/** zero-cache on a database, and a client process of it. */
export interface RunningZero extends AsyncDisposable {
  readonly cacheUrl: string;
  readonly serverPid: number;
  readonly clientPid: number;
  send(command: { readonly kind: string } & Readonly<Record<string, unknown>>): void;
  /** Calls `listener` with each message, until the returned function is called. */
  listen(listener: (message: ZeroMessage) => void): () => void;
  /** The next message of a kind, from now on; rejects if the client fails. */
  next<Kind extends ZeroMessage['kind']>(kind: Kind): Promise<Extract<ZeroMessage, { kind: Kind }>>;
}

export async function startZero(
  context: BenchContext,
  installed: InstalledZero,
  databaseUrl: string,
): Promise<RunningZero> {
  const client = fork(installed.client, { cwd: installed.folder, execArgv: [], stdio: ['ignore', 2, 2, 'ipc'] });
  await context.own({ [Symbol.asyncDispose]: async () => void client.kill('SIGKILL') });
  const messages = messagesOf(client);
  client.send({ kind: 'listen' });
  const { port: queryPort } = await messages.next('listening');

  const folder = await mkdtemp(join(context.folder, 'zero-'));
  const logFile = join(folder, 'zero-cache.log');
  const mark = markLog(logFile);
  const port = await findFreePort();
  const server = spawnChild({
    command: [process.execPath, installed.server],
    cwd: installed.folder,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DO_NOT_TRACK: '1',
      ZERO_ENABLE_TELEMETRY: 'false',
      ZERO_UPSTREAM_DB: databaseUrl,
      ZERO_REPLICA_FILE: join(folder, 'replica.db'),
      ZERO_PORT: String(port),
      ZERO_QUERY_URL: `http://127.0.0.1:${queryPort}/query`,
      ZERO_ADMIN_PASSWORD: 'bench',
      ZERO_NUM_SYNC_WORKERS: '1',
      ZERO_LOG_LEVEL: 'warn',
    },
    logFile,
  });
  const ending = await context.own({ [Symbol.asyncDispose]: () => server.end(CHILD_LADDER) });
  const cacheUrl = `http://127.0.0.1:${port}`;
  await Promise.race([
    answers(cacheUrl),
    server.exited.then(({ code }) => {
      throw new Error(`zero-cache ended with ${code}: ${logSince(mark).slice(-2_000)}`);
    }),
  ]);
  return {
    ...messages,
    cacheUrl,
    serverPid: server.ref.pid,
    clientPid: client.pid ?? 0,
    send: (command) => void client.send(command),
    [Symbol.asyncDispose]: async () => {
      client.kill('SIGKILL');
      await ending[Symbol.asyncDispose]();
    },
  };
}

function messagesOf(client: ChildProcess): Pick<RunningZero, 'listen' | 'next'> {
  const listen: RunningZero['listen'] = (listener) => {
    client.on('message', listener);
    return () => client.off('message', listener);
  };
  return {
    listen,
    next: (kind) =>
      new Promise((resolve, reject) => {
        const end = listen((message) => {
          if (message.kind === 'failed') reject(new Error(message.message));
          else if (message.kind === kind) resolve(message as Extract<ZeroMessage, { kind: typeof kind }>);
          else return;
          end();
        });
        client.once('exit', (code) => reject(new Error(`Zero's client ended with ${code}`)));
      }),
  };
}

/** Its port answers once the tables have been copied into its replica. */
function answers(url: string): Promise<void> {
  const isReady = () =>
    fetch(`${url}/keepalive`).then(
      (response) => response.ok,
      () => false,
    );
  return pollUntil('zero-cache is ready', isReady, { withinMs: READY_WITHIN_MS });
}
