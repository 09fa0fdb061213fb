import { Session } from 'node:inspector/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** CPU profiles of one measurement, for Chrome's DevTools. */
export interface Profiling {
  /** Ends it; the files are written when it resolves. */
  stop(): Promise<void>;
}

export interface Profiler {
  /** Whether timelines are wanted: what they need is built into the page only then. */
  readonly traces: boolean;
  /** Keeps `<folder>/<name>.txt`. */
  keep(name: string, text: string): void;
  /** Begins to profile this process and workerd. */
  start(name: string): Promise<Profiling>;
}

/** Does nothing: the profiler itself costs time, so that it only runs when it is asked for. */
export const noProfiler: Profiler = {
  traces: false,
  keep: () => undefined,
  start: async () => ({ stop: async () => undefined }),
};

/** Writes `<folder>/<name>-node.cpuprofile` and `<name>-workerd.cpuprofile`. */
export function profilerInto(folder: string, inspectorAddress: string): Profiler {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, profile: unknown): void =>
    writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
  return {
    traces: true,
    keep: (name, text) => writeFileSync(join(folder, `${name}.txt`), text),
    start: async (name) => {
      const here = new Session();
      here.connect();
      await here.post('Profiler.enable');
      await here.post('Profiler.start');
      const worker = await attach(inspectorAddress);
      await worker.post('Profiler.enable');
      await worker.post('Profiler.start');
      return {
        stop: async () => {
          const { profile } = await here.post('Profiler.stop');
          here.disconnect();
          write(`${name}-node`, profile);
          const answer = await worker.post('Profiler.stop');
          worker.close();
          write(`${name}-workerd`, answer['profile']);
        },
      };
    },
  };
}

interface Attached {
  post(method: string): Promise<Record<string, unknown>>;
  close(): void;
}

/** The debugger protocol over a socket: one request after the other is all that a profile needs. */
async function attach(address: string): Promise<Attached> {
  const targets = (await (await fetch(`http://${address}/json`)).json()) as { webSocketDebuggerUrl: string }[];
  const url = targets[0]?.webSocketDebuggerUrl;
  if (url === undefined) throw new Error(`no isolate to profile at ${address}`);
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error(`no profiler at ${url}`)), { once: true });
  });
  let lastId = 0;
  return {
    post: (method) => {
      const id = ++lastId;
      return new Promise((resolve) => {
        socket.addEventListener('message', function take({ data }) {
          const answer = JSON.parse(String(data)) as { id?: number; result?: Record<string, unknown> };
          if (answer.id !== id) return;
          socket.removeEventListener('message', take);
          resolve(answer.result ?? {});
        });
        socket.send(JSON.stringify({ id, method, params: {} }));
      });
    },
    close: () => socket.close(),
  };
}
