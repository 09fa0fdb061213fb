import { positionFromJson, SyncError, type Clock } from '@millrace/kernel';
import type { Transport } from '@millrace/pglite-client';
import { fitOf, stepsBetween } from '@millrace/schema-compat';
import type { MigrationsAnswer, SchemaAnswer } from '@millrace/sync-protocol';
import type { ClientHost } from '../client/client-host.js';
import { pushMutations } from '../server/fake-gateway.js';
import { fakeTail } from '../server/fake-tail.js';
import { readToken } from '../token.js';
import { dropCheckpoints, dropOwnChanges } from '../sabotage.js';
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
          world.replication.wake();
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
          world.replication.wake();
          return pushMutations(postgres, request, { sub, claims: { tenantId } }, history.head.epoch);
        }),
      ),

    snapshot: (request, token) =>
      alive(
        network.call(() => {
          const { tenantId } = readToken(token, world.clock.now());
          world.replication.wake();
          const answer = world.snapshots.order(tenantId, {
            ...request,
            atLeast: BigInt(request.atLeast),
            version: request.schemaVersion,
          });
          world.sent(host, JSON.stringify(answer));
          return answer;
        }),
      ),

    chunk: ({ id, n }, token) =>
      alive(
        network.call(() => {
          readToken(token, world.clock.now());
          const bytes = world.snapshots.chunk(id, n);
          if (bytes === null) throw new SyncError('not-found', 'the chunk is not kept any more');
          world.sent(host, new TextDecoder().decode(bytes));
          return garbled(world, bytes);
        }),
      ),

    schema: ({ tables, app }, token) =>
      alive(
        network.call(() => {
          readToken(token, world.clock.now());
          const { catalogue, schema } = postgres;
          return { schema, inForce: schema.version, fit: fitOf(catalogue, { tables, app }) } as SchemaAnswer;
        }),
      ),

    migrations: (from, token) =>
      alive(
        network.call((): MigrationsAnswer => {
          readToken(token, world.clock.now());
          const { catalogue, schema } = postgres;
          const steps = stepsBetween(catalogue, from, schema.version);
          if (!steps) return { state: 'unknown', inForce: schema.version };
          return { state: 'known', inForce: schema.version, steps: steps.map((step) => ({ ...step })) };
        }),
      ),

    async *tail(request, token, signal) {
      await clock.sleep(network.delay());
      const { tenantId } = readToken(token, world.clock.now());
      world.replication.wake();
      const held = world.options.sabotage === 'held-ignored' ? {} : request.held;
      const lines = fakeTail({ ...request, held }, { history, clock: world.clock, claims: { tenantId } });
      for await (const line of lines) {
        await clock.sleep(network.delay());
        if (signal.aborted) throw new SyncError('closed', 'the tail is not wanted any more');
        if (network.random.chance(network.weather.loss / 2)) {
          world.faults.note('tail-broken');
          throw new SyncError('network', 'the tail broke off');
        }
        world.sent(host, JSON.stringify(line));
        if (line.kind === 'resync') world.toldToResync(host, line.cause, positionFromJson(request.after));
        if (line.kind === 'fill') world.toldToFill(host, { ...line.fill, atLeast: BigInt(line.fill.atLeast) });
        yield line;
      }
    },

    openSocket: (clientId, token, events) => {
      const heard = {
        opened: () => clock.after(0, () => events.opened()),
        message: (text: string) => {
          const heard = sabotaged(world, text);
          if (heard !== null) clock.after(0, () => events.message(heard));
        },
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

/** What a client hears of a text; null: nothing. */
function sabotaged(world: World, text: string): string | null {
  if (world.options.sabotage === 'own-changes-dropped') return dropOwnChanges(text);
  return world.options.sabotage === 'never-compared' ? dropCheckpoints(text) : text;
}

/** Now and then a bad line changes what it carries. */
function garbled(world: World, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { random, weather } = world.network;
  if (!random.chance(weather.loss / 4)) return bytes;
  world.faults.note('chunk-garbled');
  const other = Uint8Array.from(bytes);
  const at = random.int(bytes.length);
  other[at] = (other[at] ?? 0) ^ 1;
  return other;
}
