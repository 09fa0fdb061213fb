import { findFreePort, findWorkspaceRoot, spawnChild, type ChildHandle } from '@millrace/processes';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';

export interface WranglerDev extends AsyncDisposable {
  readonly url: string;
  /** All that wrangler has written. */
  log(): Promise<string>;
}

/** `wrangler dev` takes seconds, and a multiple on a busy machine. */
const READY_MS = 90_000;

/** Nothing of a test run leaves the machine, and nothing is asked of a terminal. */
const OFFLINE = {
  CI: '1',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_BUILD_CONDITIONS: '@millrace/source,workerd,worker,browser',
};

/** The product's Worker with its own wrangler.jsonc under `wrangler dev`, with these variables. */
export async function startWranglerDev(variables: Readonly<Record<string, string>>): Promise<WranglerDev> {
  const root = findWorkspaceRoot();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-wrangler-'));
  const logFile = join(folder, 'wrangler.log');
  const port = await findFreePort();
  const child = spawnChild({
    command: [
      process.execPath,
      join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js'),
      'dev',
      ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', String(await findFreePort())],
      ...['--persist-to', folder, '--show-interactive-dev-session=false'],
      ...Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    cwd: join(root, 'apps', 'worker'),
    env: { ...process.env, ...OFFLINE },
    logFile,
  });
  const url = `http://127.0.0.1:${port}`;
  const dev: WranglerDev = {
    url,
    log: () => readFile(logFile, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await stop(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await eventually(async () => {
      const response = await fetch(`${url}/healthz`);
      if (!response.ok) throw new Error(`wrangler dev answers ${response.status}`);
    }, READY_MS);
  } catch (cause) {
    const log = await dev.log();
    await dev[Symbol.asyncDispose]();
    throw new Error(`wrangler dev did not become ready:\n${log.slice(-4_000)}`, { cause });
  }
  return dev;
}

/** wrangler stops its own children on TERM; the group makes sure of it. */
async function stop(child: ChildHandle): Promise<void> {
  await child.end([
    { signal: 'SIGTERM', waitMs: 10_000 },
    { signal: 'SIGKILL', waitMs: 10_000 },
  ]);
  child.killGroup();
}
