import { gzipSync } from 'node:zlib';
import { chunkKey } from '@millrace/hydration';
import type { Catalogue } from '@millrace/schema-compat';
import { migrationOf } from '@millrace/schema-compat/testing';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { Claims } from '@millrace/sync-rules';
import { memoryBlobStore } from '@millrace/testing';
import type { SnapshotOrder } from '../objects/rpc.js';
import { createSnapshotKeys } from '../snapshot-keys.js';
import {
  app,
  CLIENT,
  EPOCH,
  fakeWorker,
  signedIn,
  type FakeWorker,
  type FakeWorkerOptions,
} from '../testing/fake-env.js';

const ID = '33333333-3333-4333-8333-333333333333';
const SNAPSHOT_SECRET = 'the secret of snapshot keys, in these specs';
const keys = createSnapshotKeys(async () => SNAPSHOT_SECRET);
const { schema } = app;
const unmigrated: Catalogue = { compiled: schema, steps: [] };
const keyOf = (claims: Claims) => keys.keyOf({ schema }, claims);
const texts: SchemaMeta = { version: '2.0.0', tables: schema.tables.map((table) => ({ ...table, name: 'texts' })) };
const renamed: Catalogue = {
  compiled: schema,
  steps: [
    {
      migration: migrationOf({
        before: schema,
        after: texts,
        kind: 'breaking',
        ops: [{ op: 'rename-table', from: 'notes', to: 'texts' }],
      }),
      direction: 'up',
    },
  ],
};
const rows = new TextEncoder().encode('PGCOPY and so on '.repeat(100));
const order = {
  clientId: CLIENT,
  schemaVersion: '1.0.0',
  layouts: { notes: '0123456789abcdef0123456789abcdef' },
  tables: null,
  atLeast: '0',
  not: [ID],
  cause: 'new-client',
};
const manifest = { id: ID, tables: [{ chunks: [{}, {}] }, { chunks: [{}] }] };

/** A worker with chunk 0 of table build {@link ID} in tenant t1's folder, and the blobs behind it. */
async function workerWithChunk(options: FakeWorkerOptions = {}) {
  const blobs = memoryBlobStore();
  blobs.blobs.set(chunkKey(await keyOf({ tenantId: 't1' }), ID, 0), new Uint8Array(gzipSync(rows)));
  const bucket = {
    get: async (key: string) => {
      const found = await blobs.get(key);
      return found && { body: found.body, size: found.bytes };
    },
  };
  const worker = fakeWorker({
    ...options,
    env: { MILLRACE_SNAPSHOT_SECRET: SNAPSHOT_SECRET, SNAPSHOTS: bucket, ...options.env },
  });
  return { worker, blobs };
}

async function post(worker: FakeWorker, path: string, body: unknown, claims: Readonly<Record<string, string>> = {}) {
  return worker.request(path, { method: 'POST', body: JSON.stringify(body), headers: await signedIn(claims) });
}

async function chunk(
  worker: FakeWorker,
  {
    id = ID,
    n = '0',
    claims = {},
    headers = {},
  }: { id?: string; n?: string; claims?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<Response> {
  const path = `/api/snapshots/${id}/chunks/${n}?client=${CLIENT}`;
  return worker.request(path, { headers: { 'accept-encoding': 'gzip', ...(await signedIn(claims)), ...headers } });
}

const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];

describe('POST /api/snapshots', () => {
  it('X7 asks whose client it is before it orders one', async () => {
    const refusing = { 'gateway.checkOwner': () => ({ ok: false, code: 'unknown-client', message: 'register again' }) };
    const worker = fakeWorker({ methods: refusing });
    expect(await codeOf(await post(worker, '/api/snapshots', order))).toEqual([404, 'unknown-client']);
    expect(worker.called()).toEqual(['gateway.checkOwner']);
  });

  it('[S5] X30 the order is named by and carries the claims of the token that the rules name, whatever the body says', async () => {
    const { worker } = await workerWithChunk();
    await post(worker, '/api/snapshots', { ...order, claims: { tenantId: 't2' }, key: 'mine' });
    const given = worker.calls.find(({ name }) => name === 'snapshot.order')?.args[0] as SnapshotOrder;
    expect(given).toEqual({
      key: await keyOf({ tenantId: 't1' }),
      claims: { tenantId: 't1' },
      schemaVersion: '1.0.0',
      told: '1.0.0',
      scope: await keys.scopeOf(unmigrated, { tenantId: 't1' }),
      rulesVersion: await keys.rulesVersion(schema),
      tables: null,
      layouts: order.layouts,
      atLeast: '0',
      not: [ID],
    });
  });

  it('a client that names neither columns nor builds is a client all the same', async () => {
    const { worker } = await workerWithChunk();
    const { layouts, not, ...older } = order;
    expect([layouts, not]).not.toContain(undefined);
    await post(worker, '/api/snapshots', { ...older, formats: ['binary', 'json'] });
    const given = worker.calls.find(({ name }) => name === 'snapshot.order')?.args[0] as SnapshotOrder;
    expect(given).toMatchObject({ layouts: {}, not: [] });
  });

  it('answers 202 with Retry-After while rows are read, 200 with the manifest then; nobody may keep either', async () => {
    const answers = [
      { state: 'building', rows: 3, rowEstimate: 9, retryAfterMs: 250 },
      { state: 'ready', manifest },
    ];
    const { worker } = await workerWithChunk({
      methods: { 'snapshot.order': () => ({ ok: true, value: answers.shift() }) },
    });
    const building = await post(worker, '/api/snapshots', order);
    expect([building.status, building.headers.get('retry-after')]).toEqual([202, '1']);
    const ready = await post(worker, '/api/snapshots', order);
    expect([ready.status, await ready.json()]).toEqual([200, { state: 'ready', manifest }]);
    expect(ready.headers.get('cache-control')).toBe('private, no-store');
    expect(worker.called().filter((name) => name === 'gateway.checkOwner')).toHaveLength(1);
    const noted = worker.calls.filter(({ name }) => name === 'sync.noted').map(({ args }) => args);
    expect(noted).toEqual([
      [CLIENT, 'ann', { kind: 'snapshot-ordered', cause: 'new-client', tables: null }],
      [CLIENT, 'ann', { kind: 'snapshot-ordered', cause: 'new-client', tables: null }],
      [CLIENT, 'ann', { kind: 'snapshot-ready', snapshotId: ID, chunks: 3 }],
    ]);
  });

  describe('to a client of an older schema', () => {
    const ask = async (worker: FakeWorker, more: object = {}) => post(worker, '/api/snapshots', { ...order, ...more });
    const orderTo = (worker: FakeWorker) =>
      worker.calls.find(({ name }) => name === 'snapshot.order')?.args[0] as SnapshotOrder;

    it('that this database never had: refuses it, naming the version in force', async () => {
      const worker = fakeWorker();
      const response = await ask(worker, { schemaVersion: '0.9.0' });
      const { code, detail } = (await response.clone().json()) as { code: string; detail?: string };
      expect([response.status, code, detail ?? JSON.stringify(await response.json())]).toEqual([
        409,
        'schema-unknown',
        expect.stringContaining('1.0.0'),
      ]);
      expect(worker.called()).not.toContain('snapshot.order');
    });

    it('whose app cannot take what came since: its rows are told in its words, by an object of their own', async () => {
      const catalogue = { ok: true, value: renamed };
      const { worker } = await workerWithChunk({ methods: { 'replication.catalogue': () => catalogue } });
      expect((await ask(worker)).status).toBe(202);
      expect(orderTo(worker)).toMatchObject({
        key: await keys.keyOf({ schema: texts, told: '1.0.0' }, { tenantId: 't1' }),
        schemaVersion: '2.0.0',
        told: '1.0.0',
        layouts: order.layouts,
      });
    });

    it('whose app can take what came since: refuses it, so that it takes that first', async () => {
      const methods = {
        'replication.catalogue': () => ({ ok: true, value: renamed }),
        'sync.appVersion': () => '2.0.0',
      };
      expect(await codeOf(await ask(fakeWorker({ methods })))).toEqual([409, 'schema-unknown']);
    });
  });

  it('passes a failed build on by its code', async () => {
    const failed = { ok: false, code: 'snapshot-failed', message: 'a schema migration goes first: try again' };
    const response = await post(fakeWorker({ methods: { 'snapshot.order': () => failed } }), '/api/snapshots', order);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await codeOf(response)).toEqual([503, 'snapshot-failed']);
  });
});

describe('GET /api/snapshots/:id/chunks/:n', () => {
  it('gives the bytes as they are stored to who takes gzip, unpacked to who does not; nobody may keep them', async () => {
    const { worker } = await workerWithChunk();
    const packed = await chunk(worker, { headers: { 'accept-encoding': 'br, gzip' } });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(Buffer.from(await packed.arrayBuffer())).toEqual(gzipSync(rows));
    for (const accepted of ['identity', '', 'gzip;q=0', 'br, gzip; q=0.0, deflate']) {
      const plain = await chunk(worker, { headers: { 'accept-encoding': accepted } });
      expect([accepted, plain.headers.get('content-encoding')]).toEqual([accepted, null]);
      expect(Buffer.from(await plain.arrayBuffer())).toEqual(Buffer.from(rows));
    }
    expect(packed.headers.get('cache-control')).toBe('private, no-store');
    expect(packed.headers.get('vary')).toBe('accept-encoding, Origin');
  });

  it('finds a chunk in words of an older schema, too', async () => {
    const catalogue = { ok: true, value: renamed };
    const { worker, blobs } = await workerWithChunk({ methods: { 'replication.catalogue': () => catalogue } });
    const key = await keys.keyOf({ schema: texts, told: '1.0.0' }, { tenantId: 't1' });
    blobs.blobs.set(chunkKey(key, ID, 7), new Uint8Array(gzipSync(rows)));
    expect((await chunk(worker, { n: '7' })).status).toBe(200);
  });

  it('[S5] another tenant’s chunk, changed claims, a guessed id and a number too high are one and the same 404', async () => {
    const { worker } = await workerWithChunk();
    const answers = [
      await chunk(worker, { claims: { tenantId: 't2' } }),
      await chunk(worker, { claims: { tenantId: '' } }),
      await chunk(worker, { id: EPOCH }),
      await chunk(worker, { n: '1' }),
      await chunk(worker, { n: '01' }),
      await chunk(worker, { n: '-1' }),
      await chunk(worker, { n: '1e3' }),
      await chunk(worker, { n: '99999999999' }),
      await chunk(worker, { id: 'not-a-uuid' }),
      await chunk(worker, { id: 'a%2F..' }),
    ];
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect(new Set(others)).toEqual(new Set([first]));
    expect((await chunk(worker, { claims: { role: 'admin' } })).status).toBe(200);
  });

  it('[S5] a chunk of another schema version is not there', async () => {
    const { worker } = await workerWithChunk({ app: { ...app, schema: { ...app.schema, version: '1.0.1' } } });
    expect((await chunk(worker)).status).toBe(404);
  });

  it('X7 asks whose client it is, once in a while', async () => {
    const { worker } = await workerWithChunk();
    for (let count = 0; count < 3; count += 1) await chunk(worker);
    expect(worker.called().filter((name) => name === 'gateway.checkOwner')).toHaveLength(1);
    const refused = { 'gateway.checkOwner': () => ({ ok: false, code: 'unknown-client', message: 'register again' }) };
    const { worker: strict } = await workerWithChunk({ methods: refused });
    expect(await codeOf(await chunk(strict))).toEqual([404, 'unknown-client']);
    const nameless = await strict.request(`/api/snapshots/${ID}/chunks/0`, { headers: await signedIn() });
    expect(await codeOf(nameless)).toEqual([400, 'invalid-message']);
  });

  it('says that storage failed without saying how', async () => {
    const broken = { get: () => Promise.reject(new Error('bucket millrace-secret-name is gone')) };
    const { worker } = await workerWithChunk({ env: { SNAPSHOTS: broken } });
    const response = await chunk(worker);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('millrace-secret-name');
  });
});

describe('X20 requests in a loop', () => {
  it.each([
    ['/api/snapshots', order, 120],
    ['/api/checksums', {}, 10],
  ])('POST %s is stopped after a burst, with the time to wait; others are not', async (path, body, burst) => {
    const { worker } = await workerWithChunk();
    const headers = await signedIn();
    const send = (own = headers) => worker.request(path, { method: 'POST', body: JSON.stringify(body), headers: own });
    let passed = 0;
    let stopped: Response | null = null;
    for (let count = 0; !stopped && count < 2 * burst; count += 1) {
      const response = await send();
      if (response.status === 429) stopped = response;
      else passed += 1;
    }
    expect(passed).toBeGreaterThanOrEqual(burst);
    expect(Number(stopped?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await codeOf(stopped as Response)).toEqual([429, 'too-many-requests']);
    expect((await send(await signedIn({ sub: 'bob' }))).status).not.toBe(429);
  });
});

describe('POST /api/checksums', () => {
  it('asks the object of the caller’s own scope for ones that are fresh', async () => {
    const { worker } = await workerWithChunk();
    const response = await post(worker, '/api/checksums', {});
    expect([response.status, await response.json()]).toEqual([200, { type: 'checkpoint' }]);
    expect(worker.calls.find(({ name }) => name === 'snapshot.checksums')?.args).toEqual([
      { key: await keyOf({ tenantId: 't1' }), claims: { tenantId: 't1' }, schemaVersion: '1.0.0', maxAgeMs: 5_000 },
    ]);
  });
});

describe('POST /api/tail', () => {
  const tail = {
    clientId: CLIENT,
    schemaVersion: '1.0.0',
    after: { epoch: EPOCH, seq: '5', chain: 'c'.repeat(32) },
    atLeast: '6',
    held: { notes: '6' },
  };
  const page = (from: bigint, to: bigint, complete: boolean) => ({
    ok: true,
    value: {
      kind: 'page',
      complete,
      page: {
        from: { epoch: EPOCH, seq: from, chain: '' },
        to: { epoch: EPOCH, seq: to, chain: 'c'.repeat(32) },
        transactions: [],
      },
    },
  });
  const linesOf = async (response: Response) =>
    (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; code?: string });

  it('is lines of JSON, the last of which says how it ended', async () => {
    const worker = fakeWorker({ methods: { 'gateway.page': () => page(5n, 7n, true) } });
    const response = await post(worker, '/api/tail', tail);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await linesOf(response)).toEqual([
      {
        kind: 'frames',
        messages: [expect.objectContaining({ type: 'begin' }), expect.objectContaining({ type: 'commit' })],
      },
      { kind: 'end', position: { epoch: EPOCH, seq: '7', chain: 'c'.repeat(32) } },
    ]);
    const [after, upTo, rowKeys, held] = worker.calls.find(({ name }) => name === 'gateway.page')?.args ?? [];
    expect([after, upTo, held]).toEqual([
      { epoch: EPOCH, seq: 5n, chain: 'c'.repeat(32) },
      expect.objectContaining({ seq: 7n }),
      { notes: '6' },
    ]);
    expect(rowKeys).toEqual(['*', `client=${CLIENT}`, 'tenantId=t1']);
  });

  it('X7 asks whose client it is before it reads anything', async () => {
    const refusing = { 'gateway.checkOwner': () => ({ ok: false, code: 'unknown-client', message: 'register again' }) };
    const worker = fakeWorker({ methods: refusing });
    expect(await codeOf(await post(worker, '/api/tail', tail))).toEqual([404, 'unknown-client']);
    expect(worker.called()).not.toContain('gateway.page');
  });

  it('a failure on the way is a line of its own, in words for clients', async () => {
    const answers = [page(5n, 6n, false), { ok: false, code: 'database-unavailable', message: 'db.internal refuses' }];
    const worker = fakeWorker({ methods: { 'gateway.page': () => answers.shift() } });
    const lines = await linesOf(await post(worker, '/api/tail', tail));
    expect(lines.map(({ kind }) => kind)).toEqual(['frames', 'error']);
    expect(lines[1]).toMatchObject({ code: 'database-unavailable' });
    expect(JSON.stringify(lines)).not.toContain('db.internal');
  });

  it('I11 reads on only as its reader takes it, and stops when that one leaves', async () => {
    let pages = 0;
    const head = { epoch: EPOCH, seq: 1_000_000n, chain: 'c'.repeat(32) };
    const worker = fakeWorker({
      methods: {
        'replication.wake': () => ({ ok: true, value: head }),
        'gateway.page': (after) => {
          pages += 1;
          const { seq } = after as { seq: bigint };
          return page(seq, seq + 1n, false);
        },
      },
    });
    const response = await post(worker, '/api/tail', tail);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    const perBlock = new TextDecoder().decode(first?.value).split('\n').length;
    expect(pages).toBeLessThanOrEqual(3 * perBlock);
    await reader?.cancel();
    const then = pages;
    await new Promise((resolve) => setImmediate(resolve));
    expect(pages - then).toBeLessThanOrEqual(perBlock);
  });
});
