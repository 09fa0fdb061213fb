import { schema, validators } from '@millrace/db';
import { createClient, type MillraceClient } from '@millrace/pglite-client/browser';
import { machineNow } from '../core/machine-clock.js';
import { until } from '../core/until.js';
import type { PageBench, RawAnswer, RawCommand } from './page-api.js';
import { askForSpans } from './trace/ask-for-spans.js';

declare global {
  var bench: PageBench;
  /** The bench signs tokens; the page has no secret. */
  function benchToken(): Promise<string>;
}

let opened: MillraceClient | null = null;
let rawWorker: Worker | null = null;
const moves: { seq: string; at: number }[] = [];

function client(): MillraceClient {
  if (!opened) throw new Error('the page has no client');
  return opened;
}

globalThis.bench = {
  open: async ({ principal, storage, connect }) => {
    const askedAt = machineNow();
    opened = await createClient({
      url: location.origin,
      principal,
      getToken: oneToken(),
      schema,
      validators,
      storage,
      connect,
    });
    return { askedAt, openedAt: machineNow() };
  },
  connect: async () => {
    const askedAt = machineNow();
    client().connect();
    await client().ready;
    const readyAt = machineNow();
    return { askedAt, readyAt, seq: String(client().status.get().position?.seq ?? 0n) };
  },
  live: async () => {
    await until(client().status, ({ connected }) => connected);
    return machineNow();
  },
  watch: () => {
    client().status.subscribe(({ position }) => {
      const seq = position?.seq.toString();
      if (seq !== undefined && seq !== moves.at(-1)?.seq) moves.push({ seq, at: machineNow() });
    });
  },
  reached: async (seq) => {
    await until(client().status, ({ position }) => position !== null && position.seq >= BigInt(seq));
  },
  status: () =>
    JSON.stringify(client().status.get(), (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ),
  moves: () => moves,
  query: async (sql) => {
    const { rows } = await client().db.query<Record<string, string | null>>(sql, [], { text: true });
    return { rows, at: machineNow() };
  },
  time: async (sql) => {
    const askedAt = machineNow();
    await client().db.query(sql);
    return machineNow() - askedAt;
  },
  write: async (sql) => {
    const askedAt = machineNow();
    await client().db.query(sql);
    return { askedAt, doneAt: machineNow() };
  },
  close: async () => {
    await opened?.close();
    opened = null;
    moves.length = 0;
  },
  spans: askForSpans,
  raw: (command) => askRaw(command),
  directories: async () => {
    const root = await navigator.storage.getDirectory();
    const names: string[] = [];
    for await (const name of root.keys()) names.push(name);
    return names;
  },
};

/** Asked for once, as an app keeps its token until it is due: signing one takes a way out of the browser that no app has. */
function oneToken(): () => Promise<string> {
  let token: Promise<string> | null = null;
  return () => (token ??= benchToken());
}

/** A worker per opened database, as the client has one: starting it is part of what opening costs. */
async function askRaw(command: RawCommand): Promise<RawAnswer> {
  const startedAt = machineNow();
  if (command.kind === 'open') {
    rawWorker = new Worker(new URL('./raw-worker.ts', import.meta.url), { type: 'module' });
  }
  const worker = rawWorker;
  if (!worker) throw new Error('no raw database is open');
  const answer = await new Promise<RawAnswer>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<RawAnswer | { error: string }>) => {
      if ('error' in data) reject(new Error(data.error));
      else resolve(data);
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(command);
  });
  if (command.kind === 'close') {
    worker.terminate();
    rawWorker = null;
  }
  return command.kind === 'open' ? { startedAt, doneAt: machineNow() } : answer;
}
