import { SyncError, type Clock } from '@millrace/kernel';
import type { Transport } from '@millrace/pglite-client';
import type { ClientHost } from '../client/client-host.js';
import { pushMutations } from '../server/fake-gateway.js';
import { fakeSnapshot } from '../server/fake-snapshot.js';
import { readToken } from '../token.js';
import { dropOwnChanges } from '../sabotage.js';
import type { World } from '../world.js';
import { SocketPair } from './socket-pair.js';

/** A client process's way to the server, over the world's network. What arrives after the process died, it does not hear. */
export function simulatedTransport(world: World, host: ClientHost, clock: Clock): Transport {
  const { network, postgres, history } = world;
  const alive = <T>(answer: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      answer.then(
        (value) => clock.after(0, () => resolve(value)),
        (error: unknown) => clock.after(0, () => reject(error)),
      );
    });

  return {
    register: (clientId, token) =>
      alive(
        network.call(() => {
          const { sub } = readToken(token, world.clock.now());
          const known = postgres.clients.get(clientId);
          if (known && known.sub !== sub) throw new SyncError('unknown-client', 'the id belongs to somebody else');
          if (!known) postgres.clients.set(clientId, { sub, lastMutationId: 0 });
          return { clientId, epoch: history.head.epoch };
        }),
      ),

    push: (request, token) =>
      alive(
        network.call(() => {
          const { sub, tenantId } = readToken(token, world.clock.now());
          return pushMutations(postgres, request, { sub, claims: { tenantId } }, history.head.epoch);
        }),
      ),

    async *snapshot(request, token, signal) {
      await clock.sleep(network.delay());
      const { tenantId } = readToken(token, world.clock.now());
      const parts = fakeSnapshot({
        postgres,
        history,
        clock: world.clock,
        clientId: request.clientId,
        claims: { tenantId },
      });
      for await (const part of parts) {
        await clock.sleep(network.delay());
        if (signal.aborted) throw new SyncError('closed', 'hydration was cancelled');
        if (network.random.chance(network.weather.loss / 2)) {
          world.faults.note('snapshot-broken');
          throw new SyncError('network', 'the snapshot broke off');
        }
        world.sent(host, part.kind === 'rows' ? new TextDecoder().decode(part.bytes) : JSON.stringify(part));
        yield part;
      }
    },

    openSocket: (clientId, token, events) => {
      const heard = {
        opened: () => clock.after(0, () => events.opened()),
        message: (text: string) =>
          clock.after(0, () =>
            events.message(world.options.sabotage === 'own-changes-dropped' ? dropOwnChanges(text) : text),
          ),
        closed: (code: number, reason: string) => clock.after(0, () => events.closed(code, reason)),
      };
      const sync = world.syncHost(clientId);
      const pair: SocketPair = new SocketPair(
        network,
        heard,
        {
          message: (text) => sync.message(pair.serverSocket, text),
          closed: () => sync.closed(pair.serverSocket),
        },
        (text) => world.sent(host, text),
      );
      sync.accept(pair.serverSocket, readToken(token, world.clock.now()));
      world.sockets.add({ host, pair });
      pair.opened();
      return pair.clientSocket;
    },
  };
}
