import type { Catalogue } from '@millrace/schema-compat';
import { columnOf, migrationOf, schemaWith, tableOf } from '@millrace/schema-compat/testing';
import { fakeWorker, signedIn } from '../testing/fake-env.js';

const notes = tableOf({ name: 'notes', columns: ['id', 'body'] });
const v1 = schemaWith('1.0.0', notes);
const v2 = schemaWith('1.1.0', { ...notes, columns: [...notes.columns, columnOf('colour')] });
const migration = migrationOf({ before: v1, after: v2 });
const catalogue: Catalogue = {
  compiled: v1,
  steps: [{ migration, direction: 'up', ordinal: 1n, at: 'then' } as Catalogue['steps'][number]],
};

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const worker = fakeWorker({ methods: { 'replication.catalogue': () => ({ ok: true, value: catalogue }) } });
  return worker.request(path, { headers: { ...(await signedIn()), ...headers } });
}

describe('GET /api/schema', () => {
  it('is the schema in force, and how a client fits it; nobody may keep that', async () => {
    const response = await get('/api/schema?tables=1.0.0&app=1.0.0');
    expect(await response.json()).toEqual({ schema: v2, inForce: '1.1.0', fit: 'must-migrate' });
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(await (await get('/api/schema')).json()).toEqual({ schema: v2, inForce: '1.1.0', fit: null });
  });

  it('[M2] of a version is the same for ever, and says so', async () => {
    const response = await get('/api/schema?version=1.0.0');
    expect(await response.json()).toMatchObject({ schema: v1 });
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('etag')).toBe('"1.0.0"');
    expect((await get('/api/schema?version=1.0.0', { 'if-none-match': '"1.0.0"' })).status).toBe(304);
  });

  it.each([
    ['/api/schema?version=9.0.0', 409],
    ['/api/schema?version=', 400],
    [`/api/schema?version=${'1'.repeat(300)}`, 400],
    ['/api/migrations', 400],
  ])('%s is refused with %i', async (path, status) => expect((await get(path)).status).toBe(status));

  it('X13 is for those who are signed in', async () => {
    expect((await fakeWorker().request('/api/schema')).status).toBe(401);
    expect((await fakeWorker().request('/api/migrations?from=1.0.0')).status).toBe(401);
  });
});

describe('GET /api/migrations', () => {
  it('gives the steps from a version to the one in force, in order', async () => {
    expect(await (await get('/api/migrations?from=1.0.0')).json()).toEqual({
      state: 'known',
      inForce: '1.1.0',
      steps: [{ direction: 'up', migration }],
    });
    expect(await (await get('/api/migrations?from=1.1.0')).json()).toMatchObject({ state: 'known', steps: [] });
  });

  it('says so where the database never had that version', async () => {
    expect(await (await get('/api/migrations?from=0.1.0')).json()).toEqual({ state: 'unknown', inForce: '1.1.0' });
  });
});
