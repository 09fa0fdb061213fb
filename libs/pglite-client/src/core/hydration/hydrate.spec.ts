import { layoutOf, memoryHydrationFiles, sha256 } from '@millrace/hydration';
import { positionToJson, SyncError, type Row } from '@millrace/kernel';
import { knownTable } from '../fold-changes.js';
import type {
  Fill,
  SnapshotManifest,
  SnapshotRequest,
  SnapshotTable,
  TailLine,
  TailRequest,
} from '@millrace/sync-protocol';
import { manualClock, recordingLogger, seededRandom } from '@millrace/testing';
import { addColor } from '../../testing/conformance-migrations.js';
import { conformanceSchema } from '../../testing/conformance-schema.js';
import {
  at,
  EPOCH,
  frames,
  item,
  OTHER_EPOCH,
  patch,
  put,
  uuid,
} from '../../testing/conformance/client-store-world.js';
import { fakeClientStore } from '../../testing/fake-client-store.js';
import { fakeDatabase } from '../../testing/fake-database.js';
import { encodeFakeRows } from '../../testing/fake-rows.js';
import { fakeTableHash } from '../../testing/fake-table-hash.js';
import { scriptedTransport } from '../../testing/scripted-transport.js';
import type { HydrationOrder } from './hydration-order.js';
import { hydrate } from './hydrate.js';

const NAMES = conformanceSchema.tables.map(({ name }) => name);
const OTHERS = NAMES.filter((name) => name !== 'items');

/** What the server keeps of one table: where it was read, and its rows, a chunk each. */
interface Stored {
  readonly seq: number;
  readonly rows: readonly Row[];
}

/** A client that can hydrate, and a server that is its test's. `keepFrom`: bytes from which it keeps what it downloads. */
function world(keepFrom = 0) {
  const clock = manualClock();
  const random = seededRandom(1);
  const logger = recordingLogger();
  const database = fakeDatabase(conformanceSchema, uuid(1));
  const store = fakeClientStore(database, { random });
  const files = memoryHydrationFiles();
  const transport = scriptedTransport();
  const chunks: string[] = [];
  const tails: TailRequest[] = [];
  const server = {
    scope: 'scope-1',
    epoch: EPOCH,
    stored: new Map<string, Stored>(NAMES.map((name) => [name, { seq: 10, rows: [] }])),
    /** Called with each request, before it is answered. */
    onManifest: (_request: SnapshotRequest): void => undefined,
    chunk: (_table: string, _n: number, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => bytes,
    tail: (request: TailRequest): readonly TailLine[] => [endAt(Number(request.atLeast), server.epoch)],
  };

  const idOf = (name: string, seq: number) => uuid(NAMES.indexOf(name) * 1_000 + seq);
  async function tableOf(name: string): Promise<SnapshotTable> {
    const { seq, rows } = server.stored.get(name)!;
    const listed = rows.map(async (row) => {
      const bytes = encodeFakeRows([row]);
      return { rows: 1, bytes: bytes.length, rawBytes: bytes.length, digest: await sha256(bytes) };
    });
    const all = await Promise.all(listed);
    const table = knownTable(conformanceSchema, name);
    return {
      name,
      id: idOf(name, seq),
      format: 'json',
      columns: table.columns.map((column) => column.name),
      position: positionToJson(at(seq, server.epoch)),
      rows: rows.length,
      rawBytes: all.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
      hash: fakeTableHash(table, rows),
      keyRange: null,
      chunks: all,
    };
  }
  async function manifestOf(names: readonly string[]): Promise<SnapshotManifest> {
    const tables = await Promise.all(names.map(tableOf));
    const seqs = tables.map(({ position }) => Number(position.seq));
    return {
      version: 1,
      id: uuid(999),
      createdAt: '',
      schemaVersion: conformanceSchema.version,
      rulesVersion: 'rules',
      scope: server.scope,
      position: positionToJson(at(Math.min(...seqs), server.epoch)),
      lsn: '00000000/00000000',
      upTo: positionToJson(at(Math.max(...seqs), server.epoch)),
      tables,
    };
  }
  transport.onSnapshot = async (request) => {
    server.onManifest(request);
    return { state: 'ready', manifest: await manifestOf(request.tables ?? NAMES) };
  };
  transport.onChunk = ({ id, n }) => {
    const name = NAMES.find((each) => idOf(each, server.stored.get(each)!.seq) === id);
    chunks.push(`${name ?? 'gone'}/${n}`);
    const row = name === undefined ? undefined : server.stored.get(name)?.rows[n];
    if (name === undefined || row === undefined) throw new SyncError('not-found', 'gone');
    return server.chunk(name, n, encodeFakeRows([row]));
  };
  transport.onTail = (request) => {
    tails.push(request);
    return server.tail(request);
  };

  const run = (order: Partial<HydrationOrder> = {}, signal = new AbortController().signal) =>
    hydrate(
      { cause: 'client-request', tables: null, atLeast: 0n, not: [], ...order },
      {
        store,
        transport,
        files,
        keepFrom,
        digest: sha256,
        appVersion: conformanceSchema.version,
        clientId: uuid(1),
        token: () => Promise.resolve('token'),
        clock,
        random,
        logger,
      },
      { signal, onProgress: () => undefined },
    );
  /** A client that has rows, as of `seq`. */
  const settle = async (seq: number, rows: readonly Row[]) => {
    server.stored = new Map(NAMES.map((name) => [name, { seq, rows: name === 'items' ? rows : [] }]));
    await run({ cause: 'new-client' });
    chunks.length = tails.length = transport.snapshots.length = 0;
  };
  const asked = () => transport.snapshots.map(({ tables, atLeast }) => [tables, atLeast]);
  /** Tables of the builds that each request refuses. */
  const refused = () =>
    transport.snapshots.map(({ not }) => not.map((id) => NAMES[Math.floor(Number(id.slice(-12)) / 1_000)]));
  return { server, store, database, files, logger, run, settle, chunks, tails, asked, refused, transport };
}

function endAt(seq: number, epoch = EPOCH): TailLine {
  return { kind: 'end', position: positionToJson(at(seq, epoch)) };
}

describe('hydrate', () => {
  it('[S2] loads tables that were read at different moments, with the history that makes them one', async () => {
    const { server, run, store, tails, database } = world();
    server.stored.set('items', { seq: 14, rows: [item(1), item(2)] });
    server.tail = () => [
      { kind: 'frames', messages: [...frames(10, 16, [put(item(3)), patch(1, { name: 'x' })])] },
      endAt(17),
    ];
    await run({ cause: 'new-client' });
    expect(tails).toMatchObject([{ after: { seq: '10' }, atLeast: '14', held: { items: '14' } }]);
    expect(store.rows('items')).toEqual([item(1, { name: 'x' }), item(2), item(3)]);
    expect(database.content).toMatchObject({ position: at(17), scope: 'scope-1' });
  });

  describe('[S4] of some tables', () => {
    it('read before the cursor: the kept ones are spared what they hold', async () => {
      const { server, settle, run, tails, asked, store } = world();
      await settle(20, [item(1)]);
      server.stored.set('items', { seq: 15, rows: [item(1), item(2)] });
      await run({ tables: ['items'], atLeast: 12n, cause: 'transaction-too-large' });
      expect(asked()).toEqual([[['items'], '12']]);
      const held = Object.fromEntries(OTHERS.map((name) => [name, '20']));
      expect(tails).toMatchObject([{ after: { seq: '15' }, atLeast: '20', held }]);
      expect(store.rows('items')).toEqual([item(1), item(2)]);
    });

    it('read after the cursor: they are spared what they hold', async () => {
      const { server, settle, run, tails } = world();
      await settle(20, [item(1)]);
      server.stored.set('items', { seq: 25, rows: [] });
      await run({ tables: ['items'], atLeast: 25n });
      expect(tails).toMatchObject([{ after: { seq: '20' }, atLeast: '25', held: { items: '25' } }]);
    });

    it('a new history or another scope leaves nothing to keep: all is read, for that cause (I12)', async () => {
      for (const [change, cause] of [
        [{ epoch: OTHER_EPOCH }, 'epoch-changed'],
        [{ scope: 'scope-2' }, 'scope-changed'],
      ] as const) {
        const { server, settle, run, asked, logger, database } = world();
        await settle(20, [item(1)]);
        Object.assign(server, change);
        await run({ tables: ['items'], atLeast: 12n });
        expect(asked()).toEqual([
          [['items'], '12'],
          [null, '0'],
        ]);
        expect(logger.records.map(({ fields }) => fields['cause'])).toContain(cause);
        expect(database.content.scope).toBe(server.scope);
      }
    });
  });

  it('[D4] grows by the tables that the tail cannot deliver', async () => {
    const { server, run, asked, tails, store } = world();
    server.stored.set('items', { seq: 10, rows: [item(1)] });
    server.tail = ({ held, atLeast }) => {
      if (held['items'] === '18') return [endAt(Number(atLeast))];
      server.stored.set('items', { seq: 18, rows: [item(1), item(2)] });
      const fill: Fill = { type: 'fill', tables: ['items'], cause: 'transaction-too-large', atLeast: '18' };
      return [{ kind: 'fill', fill }];
    };
    await run();
    expect(asked()).toEqual([
      [null, '0'],
      [['items'], '18'],
    ]);
    expect(tails).toHaveLength(2);
    expect(store.rows('items')).toHaveLength(2);
  });

  it('a snapshot that only grows is given up for now (I11)', async () => {
    const { server, run } = world();
    const fill: Fill = { type: 'fill', tables: ['items'], cause: 'transaction-too-large', atLeast: '18' };
    server.tail = () => [{ kind: 'fill', fill }];
    await expect(run()).rejects.toMatchObject({ code: 'snapshot-failed' });
  });

  it('[A4] begins anew where the server cannot continue the rows, with others than these', async () => {
    const { server, run, asked, refused, logger, database } = world();
    let continued = true;
    server.tail = ({ atLeast }) => {
      if (!continued) return [endAt(Number(atLeast))];
      continued = false;
      return [{ kind: 'resync', cause: 'below-horizon', message: 'gone' }];
    };
    await run();
    expect(asked()).toEqual([
      [null, '0'],
      [null, '0'],
    ]);
    expect(refused()).toEqual([[], NAMES]);
    expect(logger.records.map(({ fields }) => fields['cause'])).toContain('below-horizon');
    expect(database.content.position).toEqual(at(10));
  });

  it('[S6] what a checkpoint has shown to be of no use is not asked for, nor taken from an earlier attempt', async () => {
    const { server, settle, run, refused, transport } = world();
    await settle(20, [item(1)]);
    server.stored.set('items', { seq: 21, rows: [item(2)] });
    server.chunk = () => {
      throw new SyncError('unauthenticated', 'the token is over');
    };
    const order = { tables: ['items'], cause: 'checksum-mismatch' } as const;
    await expect(run(order)).rejects.toMatchObject({ code: 'unauthenticated' });
    server.chunk = (_table, _n, bytes) => bytes;
    await run({ ...order, not: [uuid(21)] });
    expect(refused()).toEqual([[], ['items']]);
    expect(transport.snapshots).toHaveLength(2);
  });

  it('names the columns that it loads binary rows into, table by table', async () => {
    const { run, transport } = world();
    await run();
    const layouts = conformanceSchema.tables.map((table) => [table.name, layoutOf(table)]);
    expect(transport.snapshots[0]?.layouts).toEqual(Object.fromEntries(layouts));
  });

  it('[M3] those of the schema in force, once it has adopted that', async () => {
    const { server, run, transport } = world();
    server.onManifest = () => {
      throw new SyncError('schema-unknown', 'in force is 1.1.0');
    };
    transport.onSchema = () => ({ schema: addColor.after, inForce: '1.1.0', fit: 'must-migrate' });
    await expect(run()).rejects.toMatchObject({ code: 'snapshot-failed' });
    const layouts = addColor.after.tables.map((table) => [table.name, layoutOf(table)]);
    expect(transport.snapshots.map(({ schemaVersion }) => schemaVersion)).toEqual(['1.0.0', '1.1.0']);
    expect(transport.snapshots[1]?.layouts).toEqual(Object.fromEntries(layouts));
  });

  it('[S3] does not download what is known to be right', async () => {
    const { server, settle, run, chunks, tails, database } = world();
    await settle(10, [item(1), item(2)]);
    server.stored.set('items', { seq: 30, rows: [item(1), item(2)] });
    await run();
    expect(chunks).toEqual([]);
    expect(tails).toMatchObject([{ after: { seq: '10' }, held: { items: '30' } }]);
    expect(database.content.position).toEqual(at(30));
    server.stored.set('items', { seq: 40, rows: [item(1), item(3)] });
    await run();
    expect(chunks).toEqual(['items/0', 'items/1']);
  });

  it('(I4) no cursor goes back: the tail must reach it', async () => {
    const { settle, run, tails } = world();
    await settle(20, []);
    await run();
    expect(tails.at(-1)).toMatchObject({ atLeast: '20' });
  });

  describe('(F40) an attempt that broke off', () => {
    const rows = [item(1), item(2), item(3), item(4), item(5), item(6)];

    it('is gone on with at the chunk where it stopped, by the same manifest', async () => {
      const { server, run, chunks, asked, store } = world();
      server.stored.set('items', { seq: 10, rows });
      server.chunk = (_table, n, bytes) => {
        if (n === 5) throw new SyncError('unauthenticated', 'the token is over');
        return bytes;
      };
      await expect(run()).rejects.toMatchObject({ code: 'unauthenticated' });
      const before = chunks.filter((each) => each !== 'items/5').length;
      server.chunk = (_table, _n, bytes) => bytes;
      chunks.length = 0;
      await run();
      expect(chunks.length).toBe(rows.length - before);
      expect(asked()).toHaveLength(1);
      expect(store.rows('items')).toEqual(rows);
    });

    it('asks for a new manifest when the server does not keep the old chunks', async () => {
      const { server, run, asked, store } = world();
      server.stored.set('items', { seq: 10, rows });
      server.chunk = () => {
        server.stored.set('items', { seq: 12, rows: rows.slice(1) });
        server.chunk = (_table, _n, bytes) => bytes;
        throw new SyncError('not-found', 'gone');
      };
      await run();
      expect(asked()).toHaveLength(2);
      expect(store.rows('items')).toEqual(rows.slice(1));
    });

    it('(I9) asks for others when the server still hands out chunks that have vanished', async () => {
      const { server, run, asked, refused, store } = world();
      server.stored.set('items', { seq: 10, rows });
      const vanished = () => {
        throw new SyncError('not-found', 'gone');
      };
      server.chunk = (table, _n, bytes) => (table === 'items' ? vanished() : bytes);
      server.onManifest = ({ not }) => {
        if (not.length === 0) return;
        server.stored.set('items', { seq: 11, rows });
        server.chunk = (_table, _n, bytes) => bytes;
      };
      await run();
      expect(refused()).toEqual([[], ['items']]);
      expect(asked().at(-1)).toEqual([null, '0']);
      expect(store.rows('items')).toEqual(rows);
    });

    it('is begun again where there is little: files would cost more than they save', async () => {
      const { server, run, chunks, files, store } = world(1_000_000);
      server.stored.set('items', { seq: 10, rows });
      const write = jest.spyOn(files, 'write');
      server.chunk = (_table, n, bytes) => {
        if (n === 5) throw new SyncError('unauthenticated', 'the token is over');
        return bytes;
      };
      await expect(run()).rejects.toMatchObject({ code: 'unauthenticated' });
      server.chunk = (_table, _n, bytes) => bytes;
      chunks.length = 0;
      await run();
      expect(chunks).toHaveLength(rows.length);
      expect(store.rows('items')).toEqual(rows);
      expect(write).not.toHaveBeenCalled();
    });

    it('is not waited for once the rows are durable: what is still being written is for nobody any more', async () => {
      const { server, run, files, store } = world();
      server.stored.set('items', { seq: 10, rows });
      const write = files.write.bind(files);
      let letGo: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (letGo = resolve));
      files.write = (name, bytes) => (name.endsWith('-5') ? held : Promise.resolve()).then(() => write(name, bytes));
      const { cleared } = await run();
      expect(store.rows('items')).toEqual(rows);
      letGo();
      await cleared;
      expect(await files.read(`${uuid(10)}-5`)).toBeNull();
    });

    it('leaves nothing behind once the rows are durable', async () => {
      const { server, run, files } = world();
      server.stored.set('items', { seq: 10, rows });
      await (
        await run()
      ).cleared;
      expect(await files.read('manifest')).toBeNull();
      expect(await files.read(`${uuid(10)}-0`)).toBeNull();
    });

    it('that is not wanted any more ends, and says so', async () => {
      const { server, run, database } = world();
      server.stored.set('items', { seq: 10, rows });
      const control = new AbortController();
      server.chunk = (_table, _n, bytes) => {
        control.abort();
        return bytes;
      };
      await expect(run({}, control.signal)).rejects.toMatchObject({ code: 'closed' });
      expect(database.content.position).toBeNull();
    });
  });

  it('a chunk that is corrupt twice: its table is read anew, the others are not downloaded again', async () => {
    const { server, run, chunks, asked, refused, logger, store } = world();
    const [other = ''] = OTHERS;
    server.stored.set('items', { seq: 10, rows: [item(1)] });
    let spoilt = 0;
    server.chunk = (table, _n, bytes) => {
      if (table !== 'items' || spoilt === 2) return bytes;
      spoilt += 1;
      return Uint8Array.from(bytes, (byte, n) => (n === 3 ? byte ^ 1 : byte));
    };
    server.onManifest = ({ tables }) => {
      if (tables) server.stored.set('items', { seq: 11, rows: [item(1)] });
    };
    await run();
    expect(asked()).toEqual([
      [null, '0'],
      [['items'], '10'],
    ]);
    expect(refused()).toEqual([[], ['items']]);
    expect(chunks).toEqual(['items/0', 'items/0', 'items/0']);
    expect(logger.messages('warn')).toEqual(['a chunk is corrupt', 'a chunk is corrupt']);
    expect(logger.messages('error')).toEqual(['downloaded rows are not usable']);
    expect(store.rows('items')).toEqual([item(1)]);
    expect(store.rows(other)).toEqual([]);
  });

  it('rows that are not what their hash says are never shown, and are asked for anew a bounded number of times', async () => {
    const { server, run, asked, database } = world();
    const stored: Stored = { seq: 10, rows: [item(1)] };
    server.stored.set('items', stored);
    // Right bytes, wrong promise: the digest fits, the hash does not.
    server.onManifest = () => {
      const [row] = stored.rows;
      if (row) server.stored.set('items', { seq: server.stored.get('items')!.seq, rows: [row, row] });
    };
    await expect(run()).rejects.toMatchObject({ code: 'snapshot-corrupt' });
    expect(asked()).toHaveLength(4);
    expect(database.content.position).toBeNull();
  });
});
