import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorker, startWorkerd, type RunningWorkerd } from '@millrace/dev';
import { copySessionCases, sqlConnectionCases } from '@millrace/testing';
import {
  acquireDatabase,
  startWebSocketBridge,
  type TestDatabase,
  type WebSocketBridge,
} from '@millrace/testing-postgres';

let folder: string;
let database: TestDatabase;
let workerd: RunningWorkerd;
let bridge: WebSocketBridge;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-workerd-'));
  database = await acquireDatabase();
  bridge = await startWebSocketBridge();
  const config = join(__dirname, 'fixtures', 'wrangler.jsonc');
  const { dir } = await bundleWorker({ outDir: join(folder, 'bundle'), config });
  workerd = await startWorkerd({
    bundleDir: dir,
    dataDir: join(folder, 'data'),
    port: 0,
    env: { DATABASE_URL: database.url, WEB_SOCKET_PROXY: bridge.url },
    config,
  });
});
afterAll(async () => {
  await workerd.stop();
  await bridge[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function trial(name: string): Promise<unknown> {
  return (await fetch(`${workerd.url}/${encodeURIComponent(name)}`)).json();
}

/** In bytes. */
async function residentMemory(): Promise<number> {
  const status = await readFile(`/proc/${workerd.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

describe('inside workerd', () => {
  it.each([...sqlConnectionCases, ...copySessionCases].map(({ name }) => name))('%s', async (name) => {
    expect(await trial(name)).toBeNull();
  });

  it.each([...sqlConnectionCases, ...copySessionCases].map(({ name }) => `neon: ${name}`))('%s', async (name) => {
    expect(await trial(name)).toBeNull();
  });

  it('neon: a session that is closed or cut lets its backend go', async () => {
    expect(await trial('neon-closed')).toEqual({ ended: 'closed', unreachable: 'database-unavailable' });
  });

  it('says that nobody answers, and that the login is wrong', async () => {
    expect(await trial('unreachable')).toEqual({ refused: 'database-unavailable', denied: 'database-misconfigured' });
  });

  it('says that the session has ended when its backend is killed', async () => {
    expect(await trial('backend-killed')).toEqual({ ended: 'database-unavailable', after: 'database-unavailable' });
  });

  it('[I11] lets Postgres wait for a slow reader of COPY', async () => {
    expect(await trial('copy-slow')).toEqual({ stillWaits: 'ClientWrite', rowCount: 200_000, large: true });
  });

  it('[I11] reads 200 MB of COPY in bounded memory', async () => {
    const before = await residentMemory();
    const began = performance.now();
    expect(await trial('copy-all')).toEqual({ bytes: expect.any(Number) });
    const seconds = (performance.now() - began) / 1000;
    const grown = (await residentMemory()) - before;
    expect({ grown: grown < 100e6, fast: seconds < 30 }).toEqual({ grown: true, fast: true });
  });

  it('lets the backend go when a reader of COPY leaves early', async () => {
    expect(await trial('copy-abandoned')).toEqual({ ended: expect.stringContaining('abandoned') });
  });

  it('reads the replication stream, moves the slot, and tells a busy slot from a missing one', async () => {
    expect(await trial('stream')).toEqual({ types: 'BRIC', busy: 'slot-busy', missing: 'slot-missing' });
  });

  it('[C5] lets the walsender wait, and closes although it waits', async () => {
    expect(await trial('stream-gated')).toEqual({ inserts: 100_000 });
  });
});
