import { SyncError } from '@millrace/kernel';
import type { ClientHost } from './client/client-host.js';
import { FAIR } from './network/network.js';
import { Violation } from './checks/checks.js';
import type { World } from './world.js';

/** How long a run has after the faults have stopped, ms of its own time: generous against the longest backoff (I9). */
const HEAL_MS = 5 * 60_000;

/** One run: people, outside writers and faults at random; then the faults stop, and everything must come right. Returns how many operations there were. */
export async function play(world: World): Promise<number> {
  world.writer.seed();
  world.startCapture();
  for (const host of world.clients) host.start();
  const steps = 30 + world.random.int(50);
  for (let step = 0; step < steps; step++) {
    act(world);
    await world.pass(world.random.chance(0.04) ? 15_000 : world.random.int(120));
  }
  await heal(world);
  world.checks.atEnd();
  return steps;
}

function act(world: World): void {
  const { random } = world;
  const kind = random.int(100);
  if (kind < 40) return userWrites(world);
  if (kind < 70) return outsideWrites(world);
  if (kind < 74 && world.writer.showHidden()) return world.note('outside: shows a hidden row');
  if (kind < 77) return verifies(world);
  injectFault(world);
}

function userWrites(world: World): void {
  const index = world.random.int(world.users.length);
  const wrote = world.users[index]?.write();
  if (wrote) world.note(`client ${short(world.clients[index])} writes`);
}

function outsideWrites(world: World): void {
  world.writer.write();
  world.note('outside: writes');
}

/** Somebody wants to know: whatever the moment is like, an unspoilt client must not find a difference (I12). */
function verifies(world: World): void {
  const host = world.random.pick(world.clients);
  world.note(`client ${short(host)} verifies`);
  verify(host);
}

function verify(host: ClientHost): void {
  host.client?.verify().catch((error: unknown) => {
    if (!(error instanceof SyncError)) throw error;
  });
}

type Fault = (world: World, host: ClientHost) => void;

const FAULTS: readonly (readonly [weight: number, fault: Fault])[] = [
  [4, badWeather],
  [4, cutSocket],
  [3, crashClient],
  [4, crashClientAtCommit],
  [3, evictSync],
  [2, killSync],
  [2, restartReplication],
  [1, newEpoch],
  [1, trimHistory],
  [2, stallCapture],
  [3, goOffline],
  [2, everybodyLeaves],
  [1, requestResync],
  [3, writeLarge],
  [2, writeUnseen],
  [3, crashWhileDownloading],
  [2, spoilChunk],
  [2, evictSnapshot],
  [1, restartSnapshots],
  [1, spoilRow],
  [6, migrate],
  [2, revert],
  [3, updateApp],
];

function injectFault(world: World): void {
  const total = FAULTS.reduce((sum, [weight]) => sum + weight, 0);
  let at = world.random.int(total);
  for (const [weight, fault] of FAULTS) {
    at -= weight;
    if (at < 0) return fault(world, world.random.pick(world.clients));
  }
}

function badWeather(world: World): void {
  const { random, network, clock } = world;
  network.weather = {
    loss: random.pick([0.02, 0.1, 0.4]),
    duplicate: random.pick([0, 0.1, 0.3]),
    delayMs: random.pick([5, 50, 300]),
    slow: random.pick([0, 0.1]),
  };
  world.fault('bad-weather', JSON.stringify(network.weather));
  const bad = network.weather;
  clock.after(random.int(3_000), () => {
    if (network.weather === bad) network.weather = FAIR;
  });
}

function cutSocket(world: World, host: ClientHost): void {
  world.fault('socket-cut', short(host));
  world.cut(host, world.random.pick([10, 1_000, 20_000]));
}

function crashClient(world: World, host: ClientHost): void {
  if (!host.running) return;
  world.fault('client-crash', short(host));
  host.crash();
  afterCrash(world, host);
}

/** Between any two steps of its store: what one commit should hold and two do, comes apart here. */
function crashClientAtCommit(world: World, host: ClientHost): void {
  host.crashAtCommit(1 + world.random.int(4), () => {
    world.fault('client-crash-at-commit', short(host));
    afterCrash(world, host);
  });
}

function afterCrash(world: World, host: ClientHost): void {
  world.cut(host, world.random.pick([10, 5_000]));
  world.clock.after(world.random.int(1_000), () => host.start());
}

function evictSync(world: World, host: ClientHost): void {
  world.fault('sync-evicted', short(host));
  world.syncHost(host.clientId).evict();
}

function killSync(world: World, host: ClientHost): void {
  world.fault('sync-killed', short(host));
  world.syncHost(host.clientId).die();
  world.cut(host, 200);
}

function restartReplication(world: World): void {
  world.fault('replication-restart');
  world.replication.restart(world.random.int(500));
}

function newEpoch(world: World): void {
  world.fault('new-epoch');
  world.note(`  ${world.replication.newEpoch()} commits are lost to the stream`);
}

function trimHistory(world: World): void {
  world.fault('history-trimmed', `below ${world.history.trim(world.random.int(6))}`);
}

function stallCapture(world: World): void {
  world.fault('capture-stalled');
  world.stallCapture(world.random.int(2_000));
}

function goOffline(world: World, host: ClientHost): void {
  world.fault('client-offline', short(host));
  host.setWanted(false);
  world.clock.after(world.random.int(2_000), () => host.setWanted(true));
}

/** Nobody is there for a while: the server sleeps, and what is written meanwhile waits in the WAL [Z1]. */
function everybodyLeaves(world: World): void {
  const { clients, clock, random } = world;
  for (const host of clients) host.setWanted(false);
  const sleep = (tries: number): void => {
    if (world.replication.sleep()) world.fault('server-asleep');
    else if (tries > 1) clock.after(200, () => sleep(tries - 1));
  };
  sleep(10);
  clock.after(2_000 + random.int(5_000), () => clients.forEach((host) => host.setWanted(true)));
}

function requestResync(world: World, host: ClientHost): void {
  if (!host.client) return;
  world.fault('resync-requested', short(host));
  world.checks.requested(host);
  host.client.resync();
}

/** More in one transaction than is streamed [D4]. */
function writeLarge(world: World): void {
  world.fault('transaction-too-large');
  world.writer.writeLarge();
}

/** Rows change, and history only says that they did [C9, M4]. */
function writeUnseen(world: World): void {
  world.fault('fill-marker');
  world.writer.writeUnseen();
}

/** In the midst of the files of a hydration, which it is made to begin (F40). */
function crashWhileDownloading(world: World, host: ClientHost): void {
  host.crashAtFile(1 + world.random.int(6), () => {
    world.fault('client-crash-at-file', short(host));
    afterCrash(world, host);
  });
  if (world.random.chance(0.5)) requestResync(world, host);
}

function spoilChunk(world: World): void {
  if (world.snapshots.spoil()) world.fault('chunk-spoilt');
}

function evictSnapshot(world: World, host: ClientHost): void {
  world.fault('snapshot-evicted', host.tenantId);
  world.snapshots.evict(host.tenantId);
}

function restartSnapshots(world: World): void {
  world.fault('snapshot-restart');
  world.snapshots.restart();
}

/** A row at one client is not what it was, and nothing in the stream tells (F76). */
function spoilRow(world: World, host: ClientHost): void {
  if (!host.spoilRow()) return;
  world.fault('row-spoilt', short(host));
  world.checks.spoilt(host);
}

/** No fault, but what every client has to live through at any moment [M3]. */
function migrate(world: World): void {
  if (world.migrate()) world.fault('migration', world.postgres.schema.version);
}

function revert(world: World): void {
  if (world.revert()) world.fault('migration-reverted', world.postgres.schema.version);
}

function updateApp(world: World, host: ClientHost): void {
  if (!host.updateApp()) return;
  world.fault('app-updated', short(host));
  host.crash();
  afterCrash(world, host);
}

/** Faults stop; everybody is there and wants to be in step (I1, I9). */
async function heal(world: World): Promise<void> {
  world.note('the faults stop');
  const until = world.clock.now() + HEAL_MS;
  for (;;) {
    world.network.weather = FAIR;
    for (const host of world.clients) {
      if (host.updateApp()) host.crash();
      host.start();
    }
    await world.pass(500);
    for (const host of world.clients) verify(host);
    const different = world.clients
      .map((host) => ({ host, difference: world.checks.difference(host) }))
      .find(({ difference }) => difference !== null);
    if (!different) return;
    if (world.clock.now() > until) throw new Violation(`I9: client ${different.host.clientId} ${different.difference}`);
  }
}

function short(host: ClientHost | undefined): string {
  return host?.clientId.slice(-4) ?? '';
}
