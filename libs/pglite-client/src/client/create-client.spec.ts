import { SqlError } from '@millrace/kernel';
import type { Validators } from '@millrace/schema-meta';
import { openPGlite, type LocalPostgres } from '../store/open-pglite.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import {
  at,
  EPOCH,
  frames,
  item,
  patch,
  put,
  uuid,
  verdict,
  wholeHydration,
} from '../testing/conformance/client-store-world.js';
import { pgliteRows } from '../testing/pglite-rows.js';
import {
  scriptedTransport,
  welcomeAt,
  type ScriptedSocket,
  type ScriptedTransport,
} from '../testing/scripted-transport.js';
import { serveHydration } from '../testing/serve-hydration.js';
import { until } from '../testing/until.js';
import { createClient } from './create-client.js';
import { InvalidWriteError } from './local-errors.js';
import type { MillraceClient } from './millrace-client.js';

/** A Postgres that makes binary COPY. */
let copier: LocalPostgres;
beforeAll(async () => {
  copier = await openPGlite();
});
afterAll(() => copier.close());

const names: Validators = {
  validate: (table, row, changed) =>
    table === 'items' && changed.includes('name') && row['name'] === 'bad'
      ? [{ column: 'name', message: 'is bad' }]
      : [],
};

describe('a client in memory', () => {
  let client: MillraceClient;
  let transport: ScriptedTransport;
  let socket: ScriptedSocket;
  const rows = async () => (await client.db.query('select * from items order by id', [], { text: true })).rows;

  beforeAll(async () => {
    transport = scriptedTransport();
    const rowsOfServer = { items: [item(1), item(2)] };
    await serveHydration(transport, await wholeHydration(pgliteRows(copier), rowsOfServer, { seq: 10 }));
    client = await createClient(
      {
        url: 'http://test',
        getToken: () => Promise.resolve('token'),
        schema: conformanceSchema,
        validators: names,
        storage: 'memory',
      },
      { transport },
    );
    await client.ready;
    socket = await transport.nextSocket();
    const hello = await socket.next('hello');
    expect(hello).toMatchObject({
      position: { seq: '10' },
      ackedMutation: 0,
      scope: 'scope-1',
      schemaVersion: '1.0.0',
      clientId: client.status.get().clientId,
    });
    socket.say(welcomeAt(10));
    await until(client.status, (status) => status.connected);
  });
  afterAll(() => client.close());

  it('shows the snapshot', async () => {
    expect(await rows()).toEqual([item(1), item(2)]);
    expect(transport.registered).toEqual([client.status.get().clientId]);
  });

  it('[A1] shows a transaction, wakes live queries, and only then acknowledges', async () => {
    const seen: string[][] = [];
    const first = new Promise<void>((resolve) => {
      void client.live<{ name: string }>('select name from items order by id', [], (now) => {
        seen.push(now.map((row) => row.name));
        if (seen.length === 2) resolve();
      });
    });
    await until(
      {
        get: () => seen,
        subscribe: (listener) => {
          const timer = setInterval(() => listener(seen), 5);
          return () => clearInterval(timer);
        },
      },
      (now) => now.length > 0,
    );
    socket.say(...frames(10, 12, [patch(1, { name: 'theirs', version: '2' }), put(item(3))]));
    expect(await socket.next('received')).toMatchObject({ seq: '12' });
    await first;
    expect(seen[1]).toEqual(['theirs', 'item 2', 'item 3']);
  });

  it('[W1][W5] pushes a local write, keeps it pending after the answer, and lets go at its ack', async () => {
    await client.db.query('update items set name = $2 where id = $1', [uuid(2), 'mine']);
    await until(client.status, (status) => status.pending === 1);
    await until(client.status, () => transport.pushes.length === 1);
    const [request] = transport.pushes;
    expect(request).toMatchObject({
      mutations: [{ mutationId: 1, changes: [{ table: 'items', operation: 'update', set: { name: 'mine' } }] }],
    });
    expect(await client.pending().load()).toHaveLength(1);
    socket.say(...frames(12, 14, [patch(2, { name: 'MINE', version: '2' })], verdict(request!.mutations[0]!)));
    await until(client.status, (status) => status.pending === 0);
    expect((await rows())[1]).toEqual(item(2, { name: 'MINE', version: '2' }));
  });

  it('(I2) a rejected write goes back, and is kept with its reason until disposed of', async () => {
    const list = client.rejected();
    const heard = until(list, (all) => all.length === 1);
    await client.db.transaction(async (tx) => {
      await tx.query('delete from items where id = $1', [uuid(2)]);
      await tx.query('insert into items (id, name) values ($1, $2)', [uuid(8), 'new']);
    });
    const [mutation] = await client.pending().load();
    socket.say(...frames(14, 15, [], verdict(mutation!, 'rejected')));
    const [rejected] = await heard;
    expect(rejected).toMatchObject({ txId: mutation!.txId, reason: { code: 'unique' } });
    expect((await rows()).map((row) => row['id'])).toEqual([uuid(1), uuid(2), uuid(3)]);
    await client.dispose(rejected!.txId);
    expect(client.status.get().rejected).toBe(0);
  });

  it('validates early: nothing of a bad transaction happens', async () => {
    const attempt = client.db.query('update items set name = $1', ['bad']);
    await expect(attempt).rejects.toThrow(InvalidWriteError);
    await expect(attempt).rejects.toMatchObject({
      invalid: expect.arrayContaining([{ table: 'items', issues: [{ column: 'name', message: 'is bad' }] }]),
    });
    expect(await client.pending().load()).toEqual([]);
    await client.db.query('update items set name = $1 where id = $2', ['bad', uuid(3)], { validate: false });
    const [mutation] = await client.pending().load();
    socket.say(...frames(15, 16, [], verdict(mutation!, 'rejected')));
    await until(client.status, (status) => status.pending === 0);
  });

  it('[A3] names what a replica cannot do', async () => {
    const target = client.db.query('insert into items (id, name) values ($1, $2) on conflict (name) do nothing', [
      uuid(5),
      'x',
    ]);
    await expect(target).rejects.toMatchObject({ code: 'unsupported-sql' });
    await expect(
      client.db.query('insert into items (id) values ($1) on conflict on constraint items_name do nothing', [uuid(5)]),
    ).rejects.toMatchObject({ code: 'unsupported-sql' });
    await expect(client.db.query('begin')).rejects.toMatchObject({ code: 'unsupported-sql' });
    await expect(client.db.query('truncate items')).rejects.toMatchObject({ code: 'unsupported-sql' });
    await expect(client.db.query('select nothing')).rejects.toThrow(SqlError);
  });

  it('an upsert by the primary key is one change', async () => {
    await client.db.query(
      "insert into items (id, name) values ($1, 'up') on conflict (id) do update set name = excluded.name",
      [uuid(3)],
    );
    const [mutation] = await client.pending().load();
    expect(mutation!.changes).toMatchObject([{ operation: 'update', set: { name: 'up' } }]);
    socket.say(...frames(16, 18, [patch(3, { name: 'up', version: '2' })], verdict(mutation!)));
    await until(client.status, (status) => status.pending === 0);
  });

  it('(I10) gives int8, numeric, dates and times as strings', async () => {
    const {
      rows: [row],
    } = await client.db.query(
      `select 9007199254740993 as big, 1.50 as exact, date '2026-01-02' as day, timestamptz '2026-01-02 03:04:05.000001+00' as moment,
       time '03:04' as hour, interval '1 day' as span, 7 as small, true as yes, '{"a": 1}'::jsonb as json, array[9007199254740993] as bigs`,
    );
    expect(row).toEqual({
      big: '9007199254740993',
      exact: '1.50',
      day: '2026-01-02',
      moment: '2026-01-02 03:04:05.000001+00',
      hour: '03:04:00',
      span: 'P1D',
      small: 7,
      yes: true,
      json: { a: 1 },
      bigs: ['9007199254740993'],
    });
  });

  it('goes on offline: writes wait, and go up in order when it is back', async () => {
    client.disconnect();
    expect(client.status.get()).toMatchObject({ phase: 'offline', connected: false });
    const before = transport.pushes.length;
    await client.db.query('update items set amount = 11 where id = $1', [uuid(1)]);
    await client.db.query('update items set amount = 12 where id = $1', [uuid(1)]);
    await until(client.status, (status) => status.pending === 2);
    expect(transport.pushes).toHaveLength(before);
    client.connect();
    socket = await transport.nextSocket();
    expect(await socket.next('hello')).toMatchObject({ position: { seq: '18' }, ackedMutation: 4 });
    socket.say(welcomeAt(18));
    await until(client.status, () => transport.pushes.length > before);
    expect(
      transport.pushes
        .flatMap((push) => push.mutations)
        .slice(-2)
        .map((mutation) => mutation.changes[0]!.set),
    ).toEqual([{ amount: '11' }, { amount: '12' }]);
  });

  describe('[S6] verify', () => {
    const tablesOf = async (rowsOfServer: Parameters<typeof wholeHydration>[1]) => {
      const { tables } = await wholeHydration(pgliteRows(copier), rowsOfServer, { seq: 18 });
      return tables.map(({ name, hash }) => ({ name, hash }));
    };
    const place = { epoch: EPOCH, seq: '18', chain: at(18).chain };

    it('finds base rows equal, whatever pending writes show', async () => {
      const verifying = client.verify();
      await socket.next('verify');
      expect(client.status.get().verifying).toBe(true);
      const server = {
        items: [item(1), item(2, { name: 'MINE', version: '2' }), item(3, { name: 'up', version: '2' })],
      };
      const tables = await tablesOf({ items: [item(1, { name: 'theirs', version: '2' }), ...server.items.slice(1)] });
      socket.say({ type: 'checkpoint', from: place, to: place, tables });
      const report = await verifying;
      expect(report.tables.map(({ name, outcome }) => [name, outcome])).toEqual(
        tables.map(({ name }) => [name, 'equal']),
      );
    });

    it('(F76) loads a table anew that differs, and only that; what was written here stays', async () => {
      const truth = [item(1, { name: 'theirs', version: '2' }), item(2, { name: 'right', version: '9' })];
      const hydration = await wholeHydration(pgliteRows(copier), { items: truth }, { seq: 18 });
      await serveHydration(transport, hydration);
      const asked = transport.snapshots.length;
      const verifying = client.verify();
      await socket.next('verify');
      socket.say({ type: 'checkpoint', from: place, to: place, tables: await tablesOf({ items: truth }) });
      const report = await verifying;
      expect(report.tables.find(({ name }) => name === 'items')).toMatchObject({ outcome: 'repaired', rows: 2 });
      expect(transport.snapshots.slice(asked)).toMatchObject([
        { tables: ['items'], cause: 'checksum-mismatch', atLeast: '18' },
      ]);
      expect(await rows()).toEqual([item(1, { name: 'theirs', amount: '12', version: '4' }), truth[1]]);
      socket = await transport.nextSocket();
      expect(await socket.next('hello')).toMatchObject({ position: { seq: '18' } });
    });

    it('needs a connection', async () => {
      client.disconnect();
      await expect(client.verify()).rejects.toMatchObject({ code: 'network' });
    });
  });
});
