import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { findWorkspaceRoot, logSince, markLog, sendSignal, spawnChild } from '@millrace/processes';
import type { ChildHandle, ExitStatus, LogMark, ProcessRef, SignalStep } from '@millrace/processes';
import { defaultWorkerConfigFile } from './bundle-worker.js';
import { readBundleModules } from './bundle-modules.js';
import type { BundleModule } from './bundle-modules.js';
import { HTTP_SOCKET, capnpConfig } from './capnp-config.js';
import { findWorkerd } from './workerd-binary.js';
import { readWorkerConfig } from './worker-config.js';

/**
 * workerd drains on TERM, and one open WebSocket keeps it there for ever; INT ends it at once, except where a shell
 * made it ignore INT. KILL is certain, and loses nothing that was acknowledged.
 */
export const WORKERD_LADDER: readonly SignalStep[] = [
  { signal: 'SIGTERM', waitMs: 1_500 },
  { signal: 'SIGINT', waitMs: 500 },
  { signal: 'SIGKILL', waitMs: 10_000 },
];

export interface StartWorkerdOptions {
  /** Made by {@link bundleWorker}. */
  readonly bundleDir: string;
  /** Durable Objects are kept in `<dataDir>/objects`, snapshots in `<dataDir>/snapshots`. Two processes on one folder would both serve: hold its lock. */
  readonly dataDir: string;
  /** On 127.0.0.1; 0: any free one. */
  readonly port: number;
  /** The Worker's bindings of text; undefined ones are left out. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder behind the binding ASSETS. Default: an empty one. */
  readonly siteDir?: string;
  /** Which Durable Objects there are. Default: apps/worker/wrangler.jsonc. */
  readonly config?: string;
  /** Default: `<dataDir>/workerd.log`. */
  readonly logFile?: string;
  /** Where a debugger or profiler may attach, say `127.0.0.1:9229`. Default: nowhere. */
  readonly inspectorAddress?: string;
  /** Called as soon as there is a process, before it listens: record it, so that it can't be orphaned. */
  readonly onSpawn?: ((child: ChildHandle) => void) | undefined;
}

/** A workerd that listens. */
export interface RunningWorkerd {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly ref: ProcessRef;
  readonly exited: Promise<ExitStatus>;
  stop(): Promise<void>;
  /** Ends it as a crash would. Resolves when it is gone. */
  kill9(): Promise<void>;
}

const LISTENS_WITHIN_MS = 60_000;

/**
 * Starts one standalone workerd and resolves when it listens.
 * @throws Error naming the log if it ends first
 */
export async function startWorkerd(options: StartWorkerdOptions): Promise<RunningWorkerd> {
  const logFile = resolve(options.logFile ?? join(options.dataDir, 'workerd.log'));
  const configFile = writeConfig(options);
  const mark = markLog(logFile);
  const child = spawnChild({
    command: [
      findWorkerd(findWorkspaceRoot()),
      'serve',
      configFile,
      '--control-fd=3',
      `--socket-addr=${HTTP_SOCKET}=127.0.0.1:${options.port}`,
      ...(options.inspectorAddress === undefined ? [] : [`--inspector-addr=${options.inspectorAddress}`]),
    ],
    cwd: '/',
    env: options.env,
    logFile,
    withControl: true,
  });
  options.onSpawn?.(child);

  const port = await waitUntilListening(child, mark);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.ref.pid,
    ref: child.ref,
    exited: child.exited,
    stop: () => child.end(WORKERD_LADDER),
    kill9: async () => {
      sendSignal(child.ref.pid, 'SIGKILL');
      await child.exited;
    },
  };
}

function writeConfig(options: StartWorkerdOptions): string {
  const dataDir = resolve(options.dataDir);
  const objectsDir = join(dataDir, 'objects');
  const snapshotsDir = join(dataDir, 'snapshots');
  const siteDir = resolve(options.siteDir ?? join(dataDir, 'empty-site'));
  for (const dir of [objectsDir, snapshotsDir, siteDir]) mkdirSync(dir, { recursive: true });
  removeTornFiles(snapshotsDir);
  const configFile = configFileIn(dataDir);
  writeFileSync(
    configFile,
    capnpConfig({
      ...readWorkerConfig(options.config ?? defaultWorkerConfigFile()),
      modules: readBundleModules(resolve(options.bundleDir)).map((module) => embeddable(module, dataDir)),
      variables: Object.keys(options.env).filter((name) => options.env[name] !== undefined),
      objectsDir,
      snapshotsDir,
      siteDir,
    }),
  );
  return configFile;
}

/** What a workerd leaves behind that was killed while it wrote a file: the Worker cannot see it, so nobody else would ever remove it. */
function removeTornFiles(dir: string): void {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /^\..*\.tmp$/.test(entry.name)) rmSync(join(entry.parentPath, entry.name));
  }
}

/** workerd takes the path of a module as relative to the configuration file, even if it begins with a slash. */
function embeddable(module: BundleModule, configDir: string): BundleModule {
  return { ...module, path: relative(configDir, module.path) };
}

/** The configuration file of the workerd on this data directory; by it a stray one is found in the process table. */
export function configFileIn(dataDir: string): string {
  return join(resolve(dataDir), 'workerd.capnp');
}

async function waitUntilListening(child: ChildHandle, mark: LogMark): Promise<number> {
  const timeout = new AbortController();
  try {
    return await Promise.race([
      firstListenEvent(child.control),
      child.exited.then(({ code, signal }) => {
        throw new Error(`it ended with ${signal ?? `exit code ${code}`}`);
      }),
      sleep(LISTENS_WITHIN_MS, undefined, timeout).then(() => {
        throw new Error(`it did not within ${LISTENS_WITHIN_MS / 1000} s`);
      }),
    ]);
  } catch (cause) {
    await child.end(WORKERD_LADDER);
    throw new Error(`workerd does not listen: ${(cause as Error).message}\n${logSince(mark)}`, { cause });
  } finally {
    timeout.abort();
  }
}

interface ControlMessage {
  readonly event?: unknown;
  readonly port?: unknown;
}

/** workerd tells on its control descriptor that it listens, and on which port. */
function firstListenEvent(control: Readable | null): Promise<number> {
  return new Promise((resolve) => {
    if (control === null) return;
    createInterface({ input: control }).on('line', (line) => {
      const message = JSON.parse(line) as ControlMessage;
      if (message.event === 'listen' && typeof message.port === 'number') resolve(message.port);
    });
  });
}
