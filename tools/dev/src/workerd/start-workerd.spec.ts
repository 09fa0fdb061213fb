import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '@millrace/processes';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import type { TemporaryFolder } from '../fixtures/temporary-folder.js';
import { bundleWorker } from './bundle-worker.js';
import { configFileIn, startWorkerd } from './start-workerd.js';
import type { RunningWorkerd, StartWorkerdOptions } from './start-workerd.js';

const fixtures = join(__dirname, '..', 'fixtures');
const config = join(fixtures, 'wrangler.jsonc');

let folder: TemporaryFolder;
let bundleDir: string;

beforeAll(async () => {
  folder = temporaryFolder();
  ({ dir: bundleDir } = await bundleWorker({ outDir: join(folder.path, 'bundle'), config }));
});
afterAll(() => folder.remove());

function start(name: string, more: Partial<StartWorkerdOptions> = {}): Promise<RunningWorkerd> {
  return startWorkerd({ bundleDir, dataDir: join(folder.path, name), port: 0, env: {}, config, ...more });
}

async function getJson(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

describe('startWorkerd', () => {
  it('serves the bundle with the given variables, of which the configuration file holds no value', async () => {
    const workerd = await start('variables', { env: { GREETING: 'a "quoted"\nline é', SECRET: undefined } });
    expect(await getJson(`${workerd.url}/env`)).toEqual({ greeting: 'a "quoted"\nline é', secret: null });
    expect(readFileSync(configFileIn(join(folder.path, 'variables')), 'utf8')).not.toContain('quoted');
    await workerd.stop();
    expect(isAlive(workerd.ref)).toBe(false);
  });

  it('serves the files of the site', async () => {
    const siteDir = join(folder.path, 'site');
    mkdirSync(siteDir);
    writeFileSync(join(siteDir, 'hello.txt'), 'hello');
    const workerd = await start('files', { siteDir });
    expect(await (await fetch(`${workerd.url}/site/hello.txt`)).text()).toBe('hello');
    await workerd.stop();
  });

  it('keeps objects over kill -9, on the same port', async () => {
    const first = await start('durable');
    expect(await getJson(first.url)).toEqual({ count: 1 });
    await first.kill9();
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const second = await start('durable', { port: first.port });
    expect(await getJson(second.url)).toEqual({ count: 2 });
    await second.stop();
  });

  it('stops although a WebSocket is open', async () => {
    const workerd = await start('websocket');
    const socket = new WebSocket(workerd.url.replace('http', 'ws'));
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
    await workerd.stop();
    await closed;
    expect(isAlive(workerd.ref)).toBe(false);
  });

  it('tells why it does not listen', async () => {
    const holder = await start('holder');
    await expect(start('clash', { port: holder.port })).rejects.toThrow(/Address already in use/);
    await holder.stop();
  });
});

describe('bundleWorker', () => {
  it('fails with the words of the bundler', async () => {
    const entry = join(folder.path, 'broken.js');
    writeFileSync(entry, "import './nowhere.js';\nexport default {};\n");
    await expect(bundleWorker({ entry, outDir: join(folder.path, 'broken'), config })).rejects.toMatchObject({
      why: expect.stringContaining('Could not resolve "./nowhere.js"'),
    });
  });
});
