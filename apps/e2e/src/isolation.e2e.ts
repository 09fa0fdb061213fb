import type { PositionJson } from '@millrace/kernel';
import { eventually } from './support/eventually.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';
import { headOf, rawClient, type RawClient } from './support/raw-client.js';
import type { RawSocket } from './support/raw-socket.js';
import { orderSnapshot, readySnapshot, snapshotText, tableOf } from './support/snapshots.js';
import { openSource } from './support/source.js';

/** In every row of the other tenant, in keys as well as in values. */
const CANARY = 'TENANT-B-SECRET';
const SERVER_ONLY = 'CANARY-SERVER-ONLY';
/** A tenant whose name begins with ours: nobody may compare by beginnings. */
const TENANT_A = 'a';
const TENANT_B = 'a b';
const SHARED = '00000000-0000-4000-8000-00000000000a';
const THEIRS = '00000000-0000-4000-8000-00000000000b';
const MOVES_IN = '00000000-0000-4000-8000-00000000000c';
const MOVES_OUT = '00000000-0000-4000-8000-00000000000d';

describe.each(['stream', 'poll'] as const)('I8 X9 a tenant never receives a byte of another (reader: %s)', (reader) => {
  let fixture: FixtureStack;
  let ann: RawClient;
  let bob: RawClient;
  let listening: RawSocket;
  let head: PositionJson;

  beforeAll(async () => {
    fixture = await startFixtureStack({ reader });
    await fixture.source.run(`
      insert into notes (id, tenant_id, title) values
        ('${SHARED}', '${TENANT_A}', 'ours'), ('${THEIRS}', '${TENANT_B}', '${CANARY}'), ('${MOVES_OUT}', '${TENANT_A}', 'goes away');
      insert into pairs values ('${TENANT_B}', 1, '${CANARY}', '${CANARY}'), ('${TENANT_A}', 1, 'b', 'ours')`);
    ann = await rawClient(fixture, TENANT_A, 'ann');
    bob = await rawClient(fixture, TENANT_B, 'bob');
    head = await caughtUp();
    listening = await ann.live(head);
  }, 120_000);
  afterAll(async () => {
    listening?.close();
    await fixture?.[Symbol.asyncDispose]();
  });

  /** The head once everything committed by now is in history. */
  async function caughtUp(withinMs = 20_000): Promise<PositionJson> {
    const marker = `marker ${performance.now()}`;
    await fixture.source.run(`insert into notes (tenant_id, title) values ('marker', '${marker}')`);
    return eventually(async () => {
      const rows = await fixture.source.rows(
        `select epoch, seq, chain from sync.change_history where data ->> 'title' = $1`,
        [marker],
      );
      const row = rows[0];
      if (!row) throw new Error('capture has not seen it yet');
      const position = { epoch: String(row['epoch']), seq: String(row['seq']), chain: String(row['chain']) };
      const served = await headOf(fixture.stack);
      expect(BigInt(served.seq)).toBeGreaterThanOrEqual(BigInt(position.seq));
      return position;
    }, withinMs);
  }

  /** All that Ann's open socket has heard once this SQL has gone through. */
  async function heardAfter(sql: string): Promise<string> {
    const before = listening.texts.length;
    const sentinel = `sentinel ${performance.now()}`;
    await fixture.source.run(sql);
    await fixture.source.run(`insert into notes (tenant_id, title) values ('${TENANT_A}', '${sentinel}')`);
    await eventually(() => expect(listening.texts.join()).toContain(sentinel));
    return listening.texts.slice(before).join();
  }

  it('by snapshot: each has its own rows, and no column of the server', async () => {
    const ours = await snapshotText(ann);
    expect(ours).toContain('ours');
    expect(ours).not.toContain(CANARY);
    expect(ours).not.toContain(SERVER_ONLY);
    const theirs = await snapshotText(bob);
    expect(theirs).toContain(CANARY);
    expect(theirs).not.toContain('ours');
    expect(theirs).not.toContain(SERVER_ONLY);
  });

  it('by stream: insert, update, key change and delete of theirs are nothing to us (X10)', async () => {
    const heard = await heardAfter(`
      insert into notes (tenant_id, title) values ('${TENANT_B}', '${CANARY} 2');
      update notes set amount = 7, title = '${CANARY} 3' where id = '${THEIRS}';
      update pairs set b = '${CANARY} 4' where tenant_id = '${TENANT_B}';
      delete from pairs where tenant_id = '${TENANT_B}';
      delete from notes where id = '${THEIRS}'`);
    expect(heard).not.toContain(CANARY);
    expect(heard).not.toContain(THEIRS);
    expect(heard).not.toContain('remove');
  });

  it('in one transaction with rows of ours: our part alone', async () => {
    const heard = await heardAfter(`
      begin;
      update notes set amount = 1 where id = '${SHARED}';
      insert into notes (id, tenant_id, title) values ('${THEIRS}', '${TENANT_B}', '${CANARY} 5');
      update notes set amount = 2 where id = '${SHARED}';
      commit`);
    expect(heard).toContain(SHARED);
    expect(heard).not.toContain(CANARY);
    expect(heard).not.toContain(THEIRS);
  });

  it('X11 a row that moves out is removed by its key, and nothing is told of where it went', async () => {
    const heard = await heardAfter(
      `update notes set tenant_id = '${TENANT_B}', title = '${CANARY} 6' where id = '${MOVES_OUT}'`,
    );
    expect(heard).toContain(`{"op":"remove","table":"notes","key":{"id":"${MOVES_OUT}"}}`);
    expect(heard).not.toContain(CANARY);
    expect(heard).not.toContain(JSON.stringify(TENANT_B));
  });

  it('X11 a row that moves in comes whole, and nothing is told of where it was', async () => {
    const before = await heardAfter(
      `insert into notes (id, tenant_id, title, amount) values ('${MOVES_IN}', '${TENANT_B}', '${CANARY} 7', 5)`,
    );
    expect(before).not.toContain(MOVES_IN);
    const heard = await heardAfter(
      `update notes set tenant_id = '${TENANT_A}', title = 'came in' where id = '${MOVES_IN}'`,
    );
    expect(heard).toContain('"op":"put"');
    expect(heard).toContain('"amount":"5"');
    expect(heard).not.toContain(CANARY);
  });

  it('X9 by catching up: the pages of a client that was away hold no more than its stream', async () => {
    await caughtUp();
    const socket = await ann.live(head);
    await eventually(() => expect(socket.texts.join()).toContain('came in'));
    expect(socket.texts.join()).not.toContain(CANARY);
    expect(socket.texts.join()).not.toContain(SERVER_ONLY);
    socket.close();
    await socket.closed;
    // The older socket was closed by it: listen again for what follows.
    listening = await ann.live(await caughtUp());
  });

  it('X9 after a restart of everything in between', async () => {
    await fixture.stack.kill9();
    await fixture.stack.listening();
    await headOf(fixture.stack);
    const socket = await ann.live(head);
    await eventually(() => expect(socket.texts.join()).toContain('came in'));
    expect(socket.texts.join()).not.toContain(CANARY);
    listening = socket;
  });

  it('X7 a snapshot for somebody else’s client is refused, in the same words as for one that is not there', async () => {
    const ask = async (clientId: string, client: RawClient) => {
      const response = await orderSnapshot(client, { clientId });
      return { status: response.status, body: await response.text() };
    };
    const others = await ask(bob.clientId, ann);
    expect(others.status).toBe(404);
    expect(await ask('99999999-9999-4999-8999-999999999999', ann)).toEqual(others);
    expect(others.body).not.toContain('bob');
  });

  it('X7 changes in the name of somebody else’s client are refused, and change nothing', async () => {
    const change = {
      table: 'notes',
      operation: 'update',
      key: { id: MOVES_OUT },
      set: { title: 'forged' },
      old: { title: `${CANARY} 6` },
      version: '1',
    };
    const mutation = { mutationId: 1, txId: '12345678-1234-4234-8234-123456789012', changes: [change] };
    const body = { clientId: bob.clientId, epoch: head.epoch, schemaVersion: '1.0.0', mutations: [mutation] };
    const response = await ann.post('/api/changes', body);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'unknown-client' });
    const own = await ann.post('/api/changes', { ...body, clientId: ann.clientId });
    const text = await own.text();
    expect(text).toContain('"verdict":"rejected"');
    expect(text).not.toContain(CANARY);
    const rows = await fixture.source.rows(`select count(*) from notes where title = 'forged'`);
    expect(rows[0]?.['count']).toBe('0');
  });

  it('X7 registering somebody else’s client id takes nothing from them', async () => {
    const response = await ann.post('/api/clients', { clientId: bob.clientId });
    expect(response.status).toBe(404);
    expect((await bob.post('/api/clients', { clientId: bob.clientId })).status).toBe(200);
  });

  it('I8 a token without the claim sees nothing', async () => {
    const nobody = await rawClient(fixture, '', 'nobody');
    const text = await snapshotText(nobody);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('ours');
  });

  it('I8 the log of the server holds no row', async () => {
    const log = await fixture.stack.log();
    expect(log).not.toContain(CANARY);
    expect(log).not.toContain(SERVER_ONLY);
  });

  it('a snapshot that cannot even begin is a problem with a status, not a body that breaks off', async () => {
    const database = new URL(fixture.stack.databaseUrl);
    const name = database.pathname.slice(1);
    database.pathname = '/postgres';
    await using neighbour = await openSource(database.href);
    const built = await readySnapshot(ann);
    const allow = (yes: boolean) => neighbour.run(`alter database "${name}" with allow_connections ${yes}`);
    await allow(false);
    try {
      // None of those that are there will do: they have to be read.
      const response = await orderSnapshot(ann, { not: built.tables.map(({ id }) => id) });
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect([response.status, await response.json()]).toEqual([
        503,
        expect.objectContaining({ code: 'database-unavailable' }),
      ]);
      expect(response.headers.get('retry-after')).toBe('1');
    } finally {
      await allow(true);
    }
    expect(await snapshotText(ann)).toContain('came in');
  });

  it('[Z2] however many clients and orders: a scope is read by one connection, which is let go', async () => {
    await fixture.source.run(
      `insert into ledger (tenant_id, writer, n, amount) select '${TENANT_A}', n, n, n from generate_series(1, 200000) n`,
    );
    const atLeast = (await caughtUp(90_000)).seq;
    const builders = async (what = 'true') =>
      (
        await fixture.source.rows(
          `select 1 from pg_stat_activity where application_name = 'millrace-snapshot' and datname = current_database() and ${what}`,
        )
      ).length;
    const others = await Promise.all(['amy', 'abe', 'ada'].map((sub) => rawClient(fixture, TENANT_A, sub)));
    const building = Promise.all([ann, ...others].map((client) => readySnapshot(client, { atLeast })));
    await eventually(async () => expect(await builders(`state = 'active'`)).toBe(1));
    const manifests = await building;
    expect(new Set(manifests.map(({ id }) => id)).size).toBe(1);
    expect(tableOf(manifests[0] as (typeof manifests)[0], 'ledger').rows).toBe(200_000);
    await eventually(async () => expect(await builders()).toBe(0), 60_000);
  }, 240_000);
});
