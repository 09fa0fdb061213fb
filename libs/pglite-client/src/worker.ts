import { memoryHydrationFiles } from '@millrace/hydration';
import { jsonLogger, systemClock, systemRandom } from '@millrace/kernel';
import { openKeptStorage, type OpenedStorage } from './browser/open-storage.js';
import type { LeftoverDatabase } from './browser/leftover-outboxes.js';
import type { OpfsDirectory } from './browser/opfs-directory.js';
import { opfsLeftovers } from './browser/opfs-leftovers.js';
import { scopeName, takeClientSlot } from './browser/client-slot.js';
import { serveClient } from './browser/serve-client.js';
import { fetchTemplate } from './browser/template.js';
import type { RpcPort } from './browser/rpc.js';
import { openPGlite } from './store/open-pglite.js';
import { httpTransport } from './transport/http-transport.js';

/* The database's own worker: composition of the machine's ports. Loaded by `createClient` of `./browser`. */

const logger = jsonLogger((line, level) => console[level](line), 'warn');
const clock = systemClock;

/** Written this way, a bundler finds the file and puts it beside the app; it is made by the project's target `template`. */
const TEMPLATE = new URL('../out-template/pglite-template.tar.gz', import.meta.url);

const template = () => fetchTemplate({ url: TEMPLATE, fetch: (...args) => fetch(...args), logger });

async function openMemory(): Promise<OpenedStorage> {
  const image = await template();
  const pg = await openPGlite(image === null ? {} : { loadDataDir: image });
  return { kind: 'memory', pg, files: memoryHydrationFiles() };
}

serveClient(globalThis as unknown as RpcPort, {
  clock,
  random: systemRandom,
  logger,
  transport: (url) => httpTransport({ url, fetch: (...args) => fetch(...args), WebSocket, clock }),
  openStorage: async ({ storage, url, principal }, onStillOpening) => {
    if (storage === 'memory') return { ...(await openMemory()), release: () => undefined, elsewhere: null };
    const scope = scopeName(url, principal);
    const slot = await takeClientSlot(navigator.locks, scope);
    try {
      const root = (await navigator.storage.getDirectory()) as unknown as OpfsDirectory;
      const opened = await openKeptStorage(slot.name, {
        root,
        openPGlite,
        template,
        onStillOpening,
        clock,
        logger,
      });
      const elsewhere = {
        ...opfsLeftovers({ root, locks: navigator.locks, scope, own: { slot, kind: opened.kind } }),
        open: ({ kind, folder }: LeftoverDatabase) => openPGlite({ dataDir: `${kind}://${folder}` }),
      };
      return { ...opened, release: slot.release, elsewhere };
    } catch (error) {
      slot.release();
      throw error;
    }
  },
});
