import { SyncError } from '@millrace/kernel';
import { manualClock, recordingLogger } from '@millrace/testing';
import { drainOutbox } from '../core/drain-outbox.js';
import { openPGlite, type LocalPostgres } from '../store/open-pglite.js';
import { pgliteStore } from '../store/pglite-store.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { EPOCH, uuid, verdict } from '../testing/conformance/client-store-world.js';
import { scriptedTransport, type ScriptedTransport } from '../testing/scripted-transport.js';
import type { ElsewhereCount } from '../core/elsewhere-count.js';
import { leftoverOutboxes, type LeftoverOutboxes, type OutboxMark } from './leftover-outboxes.js';

const DAY = 24 * 60 * 60 * 1_000;
const database = { slot: 'me-1', kind: 'opfs-ahp' as const, folder: 'me-1-opfs-ahp' };

describe('[A5] what a closed tab left unsent', () => {
  let pg: LocalPostgres;
  let marks: Map<string, OutboxMark>;
  let held: Set<string>;
  let taken: string[];
  let removed: string[];
  let state: 'busy' | 'offline' | 'online';
  let counts: ElsewhereCount[];
  let opened: number;
  let leftovers: LeftoverOutboxes;
  let transport: ScriptedTransport;
  let clock: ReturnType<typeof manualClock>;

  const storeOf = () => {
    const store = pgliteStore({
      pg,
      schema: conformanceSchema,
      newClientId: uuid(900),
      logger: recordingLogger(),
      clock,
    });
    return { ...store, close: () => Promise.resolve() };
  };

  /** A tab wrote off line, was never registered, and is gone. */
  beforeEach(async () => {
    pg = await openPGlite();
    clock = manualClock();
    await storeOf().open();
    await pg.query(`insert into items (id, name) values ('${uuid(1)}', 'stranded')`);
    await pg.query(`insert into items (id, name) values ('${uuid(2)}', 'as well')`);
    marks = new Map();
    held = new Set();
    taken = [];
    removed = [];
    counts = [];
    opened = 0;
    state = 'online';
    transport = scriptedTransport();
    leftovers = leftoverOutboxes({
      list: () => Promise.resolve(removed.length === 0 ? [database] : []),
      held: () => Promise.resolve(held),
      take: (slot) => {
        if (held.has(slot)) return Promise.resolve(null);
        held.add(slot);
        taken.push(slot);
        return Promise.resolve(() => void held.delete(slot));
      },
      readMark: (folder) => Promise.resolve(marks.get(folder) ?? null),
      writeMark: (folder, mark) => Promise.resolve(void marks.set(folder, mark)),
      remove: ({ folder }) => Promise.resolve(void removed.push(folder)),
      drain: (_database, options) => {
        opened += 1;
        const ports = { store: storeOf(), transport, logger: recordingLogger() };
        return drainOutbox({ ...ports, token: () => Promise.resolve('token') }, options);
      },
      state: () => state,
      onCount: (count) => counts.push(count),
      clock,
      logger: recordingLogger(),
    });
    await leftovers.sweep();
  }, 60_000);
  afterEach(async () => {
    leftovers.stop();
    await pg.close();
  });

  it('is registered and sent, in order, once its slot has stayed free for two looks', async () => {
    expect(counts.at(-1)).toEqual({ pending: 0, rejected: 0, unread: 1 });
    expect(opened).toBe(0);
    await leftovers.sweep();
    expect(transport.registered).toEqual([uuid(900)]);
    expect(transport.pushes.flatMap((push) => push.mutations.map(({ mutationId }) => mutationId))).toEqual([1, 2]);
    expect(transport.pushes[0]).toMatchObject({ clientId: uuid(900), epoch: EPOCH });
    expect(counts.at(-1)).toEqual({ pending: 0, rejected: 0, unread: 0 });
    expect(held).toEqual(new Set());
  });

  it('is not opened again when nothing is left to send', async () => {
    await leftovers.sweep();
    await leftovers.sweep();
    expect(opened).toBe(1);
  });

  it('a slot that a tab holds is that tab’s', async () => {
    held.add('me-1');
    await leftovers.sweep();
    await leftovers.sweep();
    expect([opened, taken]).toEqual([0, []]);
    expect(counts.at(-1)).toEqual({ pending: 0, rejected: 0, unread: 0 });
    held.clear();
    await leftovers.sweep();
    expect(opened).toBe(0);
    await leftovers.sweep();
    expect(opened).toBe(1);
  });

  it('is counted while there is no connection, and sent when there is', async () => {
    state = 'busy';
    await leftovers.sweep();
    expect(opened).toBe(0);
    state = 'offline';
    await leftovers.sweep();
    expect(counts.at(-1)).toEqual({ pending: 2, rejected: 0, unread: 0 });
    expect(transport.pushes).toEqual([]);
    state = 'online';
    clock.advance(60_000);
    await leftovers.sweep();
    expect(counts.at(-1)).toEqual({ pending: 0, rejected: 0, unread: 0 });
  });

  it('(I2) what the server refuses stays, and is counted', async () => {
    transport.onPush = ({ mutations }) => ({
      kind: 'results',
      response: {
        results: mutations.map((mutation, index) => verdict(mutation, index === 0 ? 'rejected' : 'accepted')),
      },
    });
    await leftovers.sweep();
    expect(counts.at(-1)).toEqual({ pending: 0, rejected: 1, unread: 0 });
    expect(await storeOf().pending()).toHaveLength(2);
    clock.advance(365 * DAY);
    await leftovers.sweep();
    expect(removed).toEqual([]);
  });

  it('a push that fails is tried again later, and nothing is lost', async () => {
    const accept = transport.onPush;
    transport.onPush = () => Promise.reject(new SyncError('network', 'gone'));
    await leftovers.sweep();
    expect(counts.at(-1)).toEqual({ pending: 2, rejected: 0, unread: 0 });
    await leftovers.sweep();
    expect(opened).toBe(1);
    transport.onPush = accept;
    clock.advance(60_000);
    await leftovers.sweep();
    expect(counts.at(-1)).toEqual({ pending: 0, rejected: 0, unread: 0 });
  });

  it('[W2] a conflict renumbers it, and a server that forgot the client is told again', async () => {
    await storeOf().registered(EPOCH);
    let asked = 0;
    const accept = transport.onPush;
    transport.onPush = (request) => {
      asked += 1;
      if (asked === 1) return Promise.reject(new SyncError('unknown-client', 'who?'));
      if (asked > 2) return accept(request);
      const known = {
        code: 'mutation-order',
        message: 'elsewhere',
        epoch: EPOCH,
        lastMutationId: 7,
        known: [],
      } as const;
      return { kind: 'conflict', conflict: { ...known, known: [] } };
    };
    await leftovers.sweep();
    expect(transport.registered).toEqual([uuid(900)]);
    expect(transport.pushes.at(-1)?.mutations.map(({ mutationId }) => mutationId)).toEqual([8, 9]);
    expect(counts.at(-1)).toEqual({ pending: 0, rejected: 0, unread: 0 });
  });

  it('a database without anything unsent is removed after a month without use', async () => {
    await leftovers.sweep();
    clock.advance(29 * DAY);
    await leftovers.sweep();
    expect(removed).toEqual([]);
    clock.advance(2 * DAY);
    await leftovers.sweep();
    expect(removed).toEqual([database.folder]);
  });
});
