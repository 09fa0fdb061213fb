import { jsonLogger, systemClock, systemRandom } from '@millrace/kernel';
import { openKeptStorage } from './browser/open-storage.js';
import { scopeName, takeClientSlot } from './browser/client-slot.js';
import { serveClient } from './browser/serve-client.js';
import type { RpcPort } from './browser/rpc.js';
import { openPGlite } from './store/open-pglite.js';
import { httpTransport } from './transport/http-transport.js';

/* The database's own worker: composition of the machine's ports. Loaded by `createClient` of `./browser`. */

const logger = jsonLogger((line, level) => console[level](line), 'warn');
const clock = systemClock;

serveClient(globalThis as unknown as RpcPort, {
  clock,
  random: systemRandom,
  logger,
  transport: (url) => httpTransport({ url, fetch: (...args) => fetch(...args), WebSocket, clock }),
  openStorage: async ({ storage, url, principal }) => {
    if (storage === 'memory') return { kind: 'memory', pg: await openPGlite(), release: () => undefined };
    const slot = await takeClientSlot(navigator.locks, scopeName(url, principal));
    try {
      return { ...(await openKeptStorage(slot.name, { clock, logger })), release: slot.release };
    } catch (error) {
      slot.release();
      throw error;
    }
  },
});
