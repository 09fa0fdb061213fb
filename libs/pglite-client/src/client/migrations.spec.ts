import { SyncError } from '@millrace/kernel';
import type { Validators } from '@millrace/schema-meta';
import type { SchemaMigration } from '@millrace/schema-compat';
import type { ServerMessage } from '@millrace/sync-protocol';
import { openPGlite, type LocalPostgres } from '../store/open-pglite.js';
import { addColor, dropAll, renameAll } from '../testing/conformance-migrations.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { frames, item, patch, put, uuid, wholeHydration } from '../testing/conformance/client-store-world.js';
import { emptyHydration } from '../testing/empty-hydration.js';
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
import type { CreateClientOptions, MillraceClient } from './millrace-client.js';

let copier: LocalPostgres;
beforeAll(async () => {
  copier = await openPGlite();
});
afterAll(() => copier.close());

/** Knows the columns of the first schema, and wants a name. */
const validators: Validators = {
  validate: (table, row, changed) =>
    table === 'items' && changed.includes('amount') && typeof row['name'] !== 'string'
      ? [{ column: 'name', message: 'is wanted' }]
      : [],
};

const withStep = (
  from: number,
  to: number,
  migration: SchemaMigration,
  changes: Parameters<typeof frames>[2] = [],
): readonly ServerMessage[] => {
  const [begin, ...rest] = frames(from, to, changes);
  return [begin!, { type: 'schema-change', fit: 'must-migrate', migration, direction: 'up' }, ...rest];
};

describe('a client whose server migrates', () => {
  let client: MillraceClient;
  let transport: ScriptedTransport;
  let socket: ScriptedSocket;

  async function start(options: Partial<CreateClientOptions> = {}): Promise<void> {
    transport = scriptedTransport();
    await serveHydration(
      transport,
      await wholeHydration(pgliteRows(copier), { items: [item(1), item(2)] }, { seq: 10 }),
    );
    client = await createClient(
      {
        url: 'http://test',
        getToken: () => Promise.resolve('token'),
        schema: conformanceSchema,
        validators,
        storage: 'memory',
        ...options,
      },
      { transport },
    );
    await welcomed();
  }

  async function welcomed(message: ServerMessage = welcomeAt(10)): Promise<void> {
    socket = await transport.nextSocket();
    await socket.next('hello');
    socket.say(message);
    await until(client.status, (status) => status.connected);
  }

  /** Follows a statement; `seen` resolves with what it last said, once that holds. */
  async function follow(sql: string) {
    let last: unknown = null;
    let heard: (() => void) | null = null;
    const hear = (what: unknown) => {
      last = what;
      heard?.();
    };
    await client.live(sql, [], hear, (error) => hear(error.message));
    return {
      seen: async (holds: (what: unknown) => boolean): Promise<unknown> => {
        while (!holds(last)) await new Promise<void>((resolve) => (heard = resolve));
        return last;
      },
    };
  }

  afterEach(() => client.close());

  it('an open page sees columns and tables that its bundle never heard of', async () => {
    await start();
    const query = await follow('select * from items order by id');
    const version = new Promise<string>((resolve) => client.schema.subscribe(({ version: now }) => resolve(now)));
    socket.say(
      ...withStep(10, 12, addColor, [put({ ...item(2), color: 'blue' }), put({ id: uuid(7), label: 'x' }, 'tags')]),
    );
    expect(await socket.next('received')).toMatchObject({ seq: '12' });
    expect(await version).toBe('1.1.0');
    const rows = (await query.seen((what) => JSON.stringify(what).includes('blue'))) as Record<string, unknown>[];
    expect(rows.map(({ color }) => color)).toEqual(['red', 'blue']);
    const tags = await follow('select label from tags');
    socket.say(...frames(12, 13, [put({ id: uuid(8), label: 'y' }, 'tags')]));
    await tags.seen((what) => (what as unknown[]).length === 2);
    expect(await client.migrations.getMigrationStatus()).toMatchObject({
      version: '1.1.0',
      appVersion: '1.0.0',
      applied: [{ name: addColor.name, version: '1.1.0', kind: 'additive' }],
      pending: [],
    });
    await client.db.query('update items set color = $1 where id = $2', ['green', uuid(1)]);
    await until(client.status, () => transport.pushes.length > 0);
    expect(transport.pushes[0]).toMatchObject({
      schemaVersion: '1.1.0',
      mutations: [{ changes: [{ set: { color: 'green' }, old: { color: 'red' } }] }],
    });
  });

  it('a live query that no longer fits tells its subscriber, and does not stop others', async () => {
    await start();
    const wrong = await follow('select name from items');
    const right = await follow('select count(*)::int as n from items');
    socket.say(...withStep(10, 12, renameAll, [put({ id: uuid(3), title: 'new', amount: '1', version: '1' })]));
    expect(await wrong.seen((what) => typeof what === 'string')).toMatch(/column "name" does not exist/);
    await right.seen((what) => JSON.stringify(what) === '[{"n":3}]');
    socket.say(...frames(12, 13, [{ op: 'remove', table: 'items', key: { id: uuid(3) } }]));
    await right.seen((what) => JSON.stringify(what) === '[{"n":2}]');
  });

  it('what the validators want of a column that is not there is not wanted any more', async () => {
    await start();
    socket.say(...withStep(10, 12, renameAll));
    await socket.next('received');
    await client.db.query('update items set amount = 3 where id = $1', [uuid(1)]);
    expect(client.status.get().pending).toBe(1);
  });

  it("(F72) 'manual': the step waits in the stream, writes go on, and go up in the words of the later schema", async () => {
    await start({ migrations: 'manual' });
    transport.onPush = () => Promise.reject(new Error('offline'));
    socket.say(...withStep(10, 12, renameAll), ...frames(12, 13, []));
    await until(client.status, ({ schema }) => schema.pending.length === 1);
    expect(await client.migrations.getPendingMigrations()).toMatchObject([
      { name: renameAll.name, reason: 'manual', kind: 'breaking', direction: 'up', retryCount: 0 },
    ]);
    await client.db.query('update items set name = $1 where id = $2', ['mine', uuid(1)]);
    await client.migrations.applyMigration(renameAll.name);
    expect(client.status.get()).toMatchObject({ schema: { version: '2.0.0', pending: [] } });
    expect((await client.db.query('select title from items order by id')).rows[0]).toEqual({ title: 'mine' });
    expect(await client.pending().load()).toMatchObject([{ changes: [{ set: { title: 'mine' } }] }]);
    expect(await socket.next('received')).toMatchObject({ seq: '12' });
    expect(await socket.next('received')).toMatchObject({ seq: '13' });
    await expect(client.migrations.applyMigration('Nothing')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('(F73) a failing migration shows, and is taken once it can be', async () => {
    await start();
    const broken = { ...addColor, clientUp: ['alter table nothing add column x int'] };
    socket.say(...withStep(10, 12, broken));
    const failed = await until(client.status, ({ schema }) => schema.pending.length === 1);
    expect(failed).toMatchObject({
      schema: { version: '1.0.0', pending: [{ name: addColor.name, reason: 'failed', retryCount: 1 }] },
    });
    expect(failed.schema.pending[0]?.error).toMatch(/nothing/);
    const taken = client.migrations.applyMigration(addColor.name);
    await welcomed();
    socket.say(...withStep(10, 12, addColor));
    await taken;
    expect(client.status.get()).toMatchObject({ schema: { version: '1.1.0', pending: [] }, position: { seq: 12n } });
  });

  it('rolled back, it is a client of the version before; applied again, its tables are read anew', async () => {
    await start();
    socket.say(...withStep(10, 12, addColor, [put({ ...item(2), color: 'blue' })]));
    await socket.next('received');
    await expect(client.migrations.rollbackMigration('Nothing')).rejects.toMatchObject({ code: 'not-found' });
    const back = client.migrations.rollbackMigration(addColor.name);
    await back;
    socket = await transport.nextSocket();
    expect(await socket.next('hello')).toMatchObject({ schemaVersion: '1.0.0', position: { seq: '12' } });
    socket.say(welcomeAt(12));
    await until(client.status, (status) => status.connected);
    socket.say(...frames(12, 13, [patch(1, { amount: '8' })]));
    await socket.next('received');
    expect(client.status.get().schema.pending).toMatchObject([{ name: addColor.name, reason: 'rolled-back' }]);
    expect((await client.db.query('select * from items order by id')).rows[1]).not.toHaveProperty('color');
    transport.onSchema = () => ({ schema: addColor.after, inForce: '1.1.0', fit: 'same' });
    transport.onSnapshot = () => ({ state: 'building', rows: 0, rowEstimate: 0, retryAfterMs: 60_000 });
    await client.migrations.applyMigration(addColor.name);
    await until(client.status, ({ phase }) => phase === 'hydrating');
    await until(client.status, () => transport.snapshots.length > 1);
    expect(transport.snapshots.at(-1)).toMatchObject({
      schemaVersion: '1.1.0',
      cause: 'schema-changed',
      tables: null,
    });
    expect((await client.db.query('select * from items order by id')).rows[1]).toHaveProperty('color');
  });

  it('a fresh client of an older bundle, or of a newer one, loads its rows in the schema in force', async () => {
    for (const [built, fit] of [
      [conformanceSchema, 'must-migrate'],
      [renameAll.after, 'must-resync'],
    ] as const) {
      transport = scriptedTransport();
      await serveHydration(transport, emptyHydration(10, addColor.after), '1.1.0');
      const answer = transport.onSnapshot;
      transport.onSnapshot = (request) => {
        if (request.schemaVersion === '1.1.0') return answer(request);
        throw new SyncError('schema-unknown', 'in force is 1.1.0');
      };
      transport.onSchema = (question) => {
        expect(question).toEqual({ tables: built.version, app: built.version });
        return { schema: addColor.after, inForce: '1.1.0', fit };
      };
      client = await createClient(
        { url: 'http://test', getToken: () => Promise.resolve('token'), schema: built, storage: 'memory' },
        { transport },
      );
      await client.ready;
      socket = await transport.nextSocket();
      expect(await socket.next('hello')).toMatchObject({ schemaVersion: '1.1.0', appVersion: built.version });
      expect(client.schema.get().version).toBe('1.1.0');
      expect((await client.db.query('select color from items')).rows).toEqual([]);
      if (built === conformanceSchema) await client.close();
    }
  });

  it('[M3] one that breaks apps is not rolled back where the server could not tell its rows', async () => {
    await start();
    socket.say(...withStep(10, 12, dropAll));
    await socket.next('received');
    await expect(client.migrations.rollbackMigration(dropAll.name)).rejects.toMatchObject({
      code: 'schema-unknown',
      message: expect.stringContaining('cannot be rolled back'),
    });
  });
});
