import { memoryHydrationFiles } from '@millrace/hydration';
import { silentLogger, SqlError, SyncError, systemClock, systemRandom, type Row } from '@millrace/kernel';
import type { Validators } from '@millrace/schema-meta';
import { InvalidWriteError } from '../client/local-errors.js';
import { openPGlite } from '../store/open-pglite.js';
import { renameAll } from '../testing/conformance-migrations.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { frames, put, item, uuid } from '../testing/conformance/client-store-world.js';
import { emptyHydration } from '../testing/empty-hydration.js';
import { scriptedTransport, welcomeAt, type ScriptedSocket } from '../testing/scripted-transport.js';
import { serveHydration } from '../testing/serve-hydration.js';
import { until } from '../testing/until.js';
import { remoteClient, type RemoteClient } from './remote-client.js';
import { serveClient } from './serve-client.js';

const validators: Validators = {
  validate: (_table, row) => (row['name'] === 'bad' ? [{ column: 'name', message: 'is bad' }] : []),
};

describe('a client over a message channel', () => {
  const transport = scriptedTransport();
  const released = jest.fn();
  const terminated = jest.fn();
  const tokens = jest.fn(() => Promise.resolve('token'));
  let channel: MessageChannel;
  let client: RemoteClient;
  let socket: ScriptedSocket;

  beforeAll(async () => {
    channel = new MessageChannel();
    await serveHydration(transport, emptyHydration(10));
    serveClient(channel.port2, {
      openStorage: async () => ({
        kind: 'memory',
        pg: await openPGlite(),
        files: memoryHydrationFiles(),
        release: released,
        elsewhere: null,
      }),
      transport: () => transport,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    });
    channel.port1.start();
    channel.port2.start();
    client = await remoteClient(channel.port1, {
      request: { url: 'http://test', principal: 'me', storage: 'memory', connect: true, migrations: 'manual' },
      schema: conformanceSchema,
      validators,
      getToken: tokens,
      logger: silentLogger,
      terminate: terminated,
    });
    await client.ready;
    socket = await transport.nextSocket();
    await socket.next('hello');
    socket.say(welcomeAt(10));
    await until(client.status, (status) => status.connected);
  });
  afterAll(() => {
    channel.port1.close();
    channel.port2.close();
  });

  it('asks the page for tokens', () => {
    expect(tokens).toHaveBeenCalled();
    expect(socket.token).toBe('token');
  });

  it('queries and writes, with values and errors as in process', async () => {
    const { rows } = await client.db.query('select 9007199254740993 as big, true as yes');
    expect(rows).toEqual([{ big: '9007199254740993', yes: true }]);
    expect((await client.db.query('select true as yes', [], { text: true })).rows).toEqual([{ yes: 't' }]);
    await expect(client.db.query('select nothing')).rejects.toBeInstanceOf(SqlError);
    await expect(client.db.query('begin')).rejects.toMatchObject({ code: 'unsupported-sql' });
    await expect(client.db.query('select $1::text', [() => 1])).rejects.toMatchObject({ code: 'invalid-message' });
  });

  it('live rows follow remote changes', async () => {
    const seen: Row[][] = [];
    let heard: () => void = () => undefined;
    const two = new Promise<void>((resolve) => (heard = resolve));
    const end = await client.live<Row>('select name from items', [], (rows) => {
      seen.push(rows);
      if (seen.length === 2) heard();
    });
    socket.say(...frames(10, 11, [put(item(1))]));
    await two;
    expect(seen).toEqual([[], [{ name: 'item 1' }]]);
    await end();
    await expect(client.live('select nothing', [], () => undefined)).rejects.toBeInstanceOf(SqlError);
  });

  it('a transaction is one mutation; an error in it rolls back', async () => {
    const failing = client.db.transaction(async (tx) => {
      await tx.query('delete from items');
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    const count = await client.db.transaction(async (tx) => {
      await tx.query('insert into items (id, name) values ($1, $2)', [uuid(2), 'two']);
      await tx.query('update items set name = $1 where id = $2', ['three', uuid(2)]);
      return (await tx.query<{ n: string }>('select count(*) as n from items')).rows[0]?.n;
    });
    expect(count).toBe('2');
    const [mutation, ...others] = await client.pending().load();
    expect(others).toEqual([]);
    expect(mutation?.changes.map((change) => change.operation)).toEqual(['insert', 'update']);
    await until(client.status, (status) => status.pending === 1);
  });

  it("runs the page's validators before the commit", async () => {
    const attempt = client.db.transaction((tx) => tx.query("update items set name = 'bad' where id = $1", [uuid(1)]));
    await expect(attempt).rejects.toThrow(InvalidWriteError);
    expect((await client.db.query('select name from items where id = $1', [uuid(1)])).rows).toEqual([
      { name: 'item 1' },
    ]);
  });

  it('[M3] holds a migration until the page lets it in, and tells it of the schema and of queries that no longer fit', async () => {
    const [begin, ...rest] = frames(11, 12, []);
    const failed = new Promise<Error>((resolve) => {
      void client.live('select name from items', [], () => undefined, resolve);
    });
    await client.db.query('select 1');
    socket.say(begin!, { type: 'schema-change', fit: 'must-migrate', migration: renameAll, direction: 'up' }, ...rest);
    await until(client.status, ({ schema }) => schema.pending.length === 1);
    expect(await client.migrations.getPendingMigrations()).toMatchObject([{ name: renameAll.name, reason: 'manual' }]);
    const schema = until(client.schema, ({ version }) => version === '2.0.0');
    await client.migrations.applyMigration(renameAll.name);
    expect((await schema).tables.map(({ name }) => name)).toEqual(['items', 'couples']);
    expect(await failed).toBeInstanceOf(SqlError);
    expect(await client.migrations.getMigrationStatus()).toMatchObject({ version: '2.0.0', pending: [] });
    await expect(client.migrations.rollbackMigration('Nothing')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('closes database, lock and worker', async () => {
    await client.close();
    expect(released).toHaveBeenCalledTimes(1);
    expect(terminated).toHaveBeenCalledTimes(1);
    await expect(client.db.query('select 1')).rejects.toBeInstanceOf(SyncError);
  });
});
