import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, findProcesses, findProcessesIn, findWorkspaceRoot, isAlive, refOf } from '@millrace/processes';
import { dataDirAt } from '../data-dir.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { bundleWorker } from '../workerd/bundle-worker.js';
import { configFileIn } from '../workerd/start-workerd.js';
import { readRunFile } from './run-file.js';

const root = findWorkspaceRoot();
const folder = temporaryFolder();
const bundle = join(folder.path, 'bundle');
let runs = 0;

beforeAll(() => bundleWorker({ outDir: bundle, config: join(root, 'tools/dev/src/fixtures/wrangler.jsonc') }));
afterAll(() => folder.remove());

/** A data directory that holds the fixture's bundle. */
function freshDataDir(): string {
  const dataDir = join(folder.path, `run-${++runs}`);
  cpSync(bundle, dataDirAt(dataDir).workerBundle, { recursive: true });
  return dataDir;
}

interface StartedRun {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly dataDir: string;
  readonly url: string;
  /** Everything it has printed so far. */
  output(): string;
  /** Resolves when it has printed this. */
  printed(text: string): Promise<void>;
  ended(): Promise<number | null>;
}

interface StartOptions {
  readonly dataDir?: string;
  readonly port?: number;
  readonly under?: 'node' | 'npm';
}

async function start({ dataDir = freshDataDir(), port, under = 'node' }: StartOptions = {}): Promise<StartedRun> {
  const chosen = port ?? (await findFreePort());
  const [command, ...args] = under === 'node' ? nodeCommand() : npmCommand(dataDir);
  const child = spawn(command, args, {
    cwd: under === 'node' ? root : dataDir,
    env: { ...process.env, PORT: String(chosen), MILLRACE_DATA_DIR: dataDir, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const changed = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      changed.dispatchEvent(new Event('text'));
    });
  }
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return {
    process: child,
    pid: child.pid ?? -1,
    dataDir,
    url: `http://127.0.0.1:${chosen}`,
    output: () => output,
    printed: async (text) => {
      while (!output.includes(text)) {
        const gone = await Promise.race([once(changed as never, 'text').then(() => false), exit.then(() => true)]);
        if (gone && !output.includes(text)) throw new Error(`ended without printing "${text}":\n${output}`);
      }
    },
    ended: () => exit,
  };
}

function nodeCommand(): [string, ...string[]] {
  return [
    process.execPath,
    '--conditions=@millrace/source',
    '--import',
    'tsx',
    'tools/dev/src/fixtures/fixture-start.ts',
  ];
}

/** A package whose start script is written like ours. */
function npmCommand(dataDir: string): [string, ...string[]] {
  mkdirSync(dataDir, { recursive: true });
  const script = nodeCommand().join(' ');
  writeFileSync(join(dataDir, 'package.json'), JSON.stringify({ scripts: { start: `cd ${root} && exec ${script}` } }));
  return ['npm', 'start'];
}

async function startReady(options: StartOptions = {}): Promise<StartedRun> {
  const run = await start(options);
  await run.printed('ready');
  return run;
}

/** Pids of all children that are written down. */
function children(run: StartedRun): { workerd: number; postgres: number } {
  const record = readRunFile(dataDirAt(run.dataDir).runFile);
  return { workerd: record?.children['workerd']?.pid ?? -1, postgres: record?.children['postgres']?.pid ?? -1 };
}

/** Everything that still runs on a data directory. */
function remains(dataDir: string): number {
  const paths = dataDirAt(dataDir);
  return findProcesses(['workerd'], configFileIn(paths.workerd)).length + findProcessesIn(paths.postgres).length;
}

async function untilNothingRemains(dataDir: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (remains(dataDir) > 0) {
    if (performance.now() > deadline) throw new Error(`${remains(dataDir)} processes remain`);
    await sleep(20);
  }
}

async function stop(run: StartedRun): Promise<void> {
  run.process.kill('SIGTERM');
  await run.ended();
}

describe('an orderly stop', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'after %s leaves no process and no pid file, and succeeds',
    async (signal) => {
      const run = await startReady();
      run.process.kill(signal);
      expect(await run.ended()).toBe(0);
      expect(remains(run.dataDir)).toBe(0);
      expect(existsSync(dataDirAt(run.dataDir).workerdPidFile)).toBe(false);
      expect(existsSync(dataDirAt(run.dataDir).runFile)).toBe(false);
    },
  );

  it('works with a WebSocket open', async () => {
    const run = await startReady();
    const socket = new WebSocket(run.url.replace('http', 'ws'));
    await once(socket as never, 'open');
    const closed = once(socket as never, 'close');
    run.process.kill('SIGTERM');
    expect(await run.ended()).toBe(0);
    await closed;
    expect(remains(run.dataDir)).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('works through npm after %s', async (signal) => {
    const run = await startReady({ under: 'npm' });
    run.process.kill(signal);
    await run.ended();
    expect(remains(run.dataDir)).toBe(0);
  });

  it('takes one Ctrl-C that arrives twice for one', async () => {
    const run = await startReady();
    run.process.kill('SIGINT');
    run.process.kill('SIGINT');
    expect(await run.ended()).toBe(0);
    expect(remains(run.dataDir)).toBe(0);
  });

  it('during the start leaves no process', async () => {
    const run = await start();
    const { lockFile } = dataDirAt(run.dataDir);
    while (!existsSync(lockFile)) await sleep(10);
    while (readRunFile(dataDirAt(run.dataDir).runFile) === null) await sleep(5);
    run.process.kill('SIGTERM');
    await run.ended();
    await untilNothingRemains(run.dataDir);
  });

  it('follows when npm is killed', async () => {
    const run = await startReady({ under: 'npm' });
    run.process.kill('SIGKILL');
    await untilNothingRemains(run.dataDir);
  });
});

describe('a death', () => {
  it('of workerd: it is started again each time, on the same port, and its pid file follows', async () => {
    const run = await startReady();
    const pidFile = dataDirAt(run.dataDir).workerdPidFile;
    const seen = new Set<number>();
    for (let turn = 0; turn < 7; turn++) {
      const pid = Number(readFileSync(pidFile, 'utf8'));
      seen.add(pid);
      process.kill(pid, 'SIGKILL');
      await run.printed(`died (SIGKILL)`);
      while (Number(readFileSync(pidFile, 'utf8')) === pid) await sleep(10);
      await run.printed(`pid ${Number(readFileSync(pidFile, 'utf8'))}`);
    }
    expect(seen.size).toBe(7);
    expect((await fetch(`${run.url}/env`)).status).toBe(200);
    await stop(run);
    expect(remains(run.dataDir)).toBe(0);
  });

  it('of Postgres: everything stops, with the cause, and the next start recovers', async () => {
    const run = await startReady();
    process.kill(children(run).postgres, 'SIGKILL');
    expect(await run.ended()).toBe(1);
    expect(run.output()).toContain('Postgres has died: SIGKILL');
    await untilNothingRemains(run.dataDir);
    await stop(await startReady({ dataDir: run.dataDir }));
  });

  it('of the supervisor: the next start ends what it left and works', async () => {
    const run = await startReady();
    const left = children(run);
    run.process.kill('SIGKILL');
    await run.ended();
    expect(isAlive(refOf(left.workerd) ?? { pid: -1, startTime: '' })).toBe(true);
    const next = await startReady({ dataDir: run.dataDir });
    expect(next.output()).toContain(`workerd (pid ${left.workerd})`);
    expect(next.output()).toContain(`postgres (pid ${left.postgres})`);
    expect(children(next).postgres).not.toBe(left.postgres);
    await stop(next);
    expect(remains(run.dataDir)).toBe(0);
  });

  it('of all at once: the next start works', async () => {
    const run = await startReady();
    const left = children(run);
    for (const pid of [run.pid, left.workerd, left.postgres]) process.kill(pid, 'SIGKILL');
    await run.ended();
    await stop(await startReady({ dataDir: run.dataDir }));
    expect(remains(run.dataDir)).toBe(0);
  });

  it('of the supervisor with its record lost: orphans are found all the same', async () => {
    const run = await startReady();
    run.process.kill('SIGKILL');
    await run.ended();
    writeFileSync(dataDirAt(run.dataDir).runFile, '{ cut sho');
    await stop(await startReady({ dataDir: run.dataDir }));
    expect(remains(run.dataDir)).toBe(0);
  });
});

describe('a refusal', () => {
  it('names the URL of the one that runs already', async () => {
    const run = await startReady();
    const second = await start({ dataDir: run.dataDir });
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(`Millrace already runs at ${run.url.replace('127.0.0.1', 'localhost')}`);
    expect((await fetch(`${run.url}/env`)).status).toBe(200);
    await stop(run);
  });

  it('of a taken port leaves no process', async () => {
    const port = await findFreePort();
    const holder = createServer().listen(port, '127.0.0.1');
    await once(holder, 'listening');
    const run = await start({ port });
    expect(await run.ended()).toBe(1);
    expect(run.output()).toContain(`port ${port} is taken`);
    expect(run.output()).toContain(`PORT=${port + 1} npm start`);
    expect(remains(run.dataDir)).toBe(0);
    holder.close();
  });

  it("of a data directory that can't be written tells the way out", async () => {
    const file = join(folder.path, 'a-file');
    writeFileSync(file, '');
    const run = await start({ dataDir: join(file, 'inside') });
    expect(await run.ended()).toBe(1);
    expect(run.output()).toMatch(/the data directory .* can't be written/);
    expect(run.output()).toContain('MILLRACE_DATA_DIR=');
  });
});
