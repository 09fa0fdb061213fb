import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '@millrace/kernel';
import { findTable } from '@millrace/schema-meta';
import type { SnapshotTable } from '@millrace/sync-protocol';
import { ledgerRows } from './fixture/ledger-load.js';
import { fixtureSchema } from './fixture/fixture-schema.js';
import { eventually } from './support/eventually.js';
import { expectSameRows } from './support/expect-same-rows.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';
import { rawClient, type RawClient } from './support/raw-client.js';
import { orderSnapshot, readySnapshot, requestChunk, tableOf } from './support/snapshots.js';

const ledger = must(findTable(fixtureSchema, 'ledger'), 'no table ledger');
const ROWS = 40_000;

describe('[S5] a stored snapshot under attack', () => {
  let fixture: FixtureStack;
  let ann: RawClient;
  let bob: RawClient;
  let ours: SnapshotTable;
  beforeAll(async () => {
    fixture = await startFixtureStack();
    await fixture.source.run(`${ledgerRows('a', ROWS)}; ${ledgerRows('b', 10)}`);
    [ann, bob] = await Promise.all([rawClient(fixture, 'a', 'ann'), rawClient(fixture, 'b', 'bob')]);
    ours = tableOf(await readySnapshot(ann), 'ledger');
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  it('X a chunk is its scope’s alone: the id of another tenant’s is not found', async () => {
    expect((await requestChunk(ann, ours.id, 0)).status).toBe(200);
    const refused = await requestChunk(bob, ours.id, 0);
    expect(refused.status).toBe(404);
    expect(await refused.text()).not.toContain(ours.id);
  });

  it('X claims that changed between manifest and chunk open nothing', async () => {
    expect((await requestChunk(ann, ours.id, 0, { tenantId: 'b' })).status).toBe(404);
  });

  it.each([
    ['an id that nobody made', () => requestChunk(ann, randomUUID(), 0)],
    ['a number beyond the last one', () => requestChunk(ann, ours.id, ours.chunks.length)],
    ['a negative number', () => requestChunk(ann, ours.id, -1)],
    ['a number that is a path', () => requestChunk(ann, ours.id, '..%2f..%2f0')],
    ['an id that is a path', () => requestChunk(ann, `..%2f${ours.id}`, 0)],
    ['a digest for an id', () => requestChunk(ann, ours.chunks[0]?.digest ?? '', 0)],
  ])('X guessing %s finds nothing', async (_what, guess) => {
    expect([400, 404]).toContain((await guess()).status);
  });

  it('X20 requests in a loop are told to wait, and others are served meanwhile', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => orderSnapshot(ann)));
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(0);
    expect(Number(limited[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await readySnapshot(bob)).tables).toHaveLength(fixtureSchema.tables.length);
  });

  describe.each([
    [
      'with a flipped byte',
      async (file: string) => {
        const bytes = await readFile(file);
        const middle = bytes.length >> 1;
        bytes[middle] = (bytes[middle] ?? 0) ^ 0x01;
        await writeFile(file, bytes);
      },
    ],
    ['that was truncated', async (file: string) => truncate(file, (await stat(file)).size >> 1)],
    ['that is empty', (file: string) => truncate(file, 0)],
    ['that has vanished', (file: string) => rm(file)],
  ])('F76 a stored chunk %s', (_what, spoil) => {
    it('is never applied: the table is built anew and the client is right', async () => {
      const reader = await rawClient(fixture, 'a', randomUUID());
      const { id } = tableOf(await readySnapshot(reader), 'ledger');
      for (const file of await filesOf(fixture, id)) await spoil(file);
      const client = await fixture.client('a', randomUUID());
      await eventually(() => expectSameRows({ client, source: fixture.source, tenant: 'a' }, ledger));
      await client.close();
    }, 120_000);
  });
});

/** The stored chunks of a table's snapshot. */
async function filesOf({ stack }: FixtureStack, id: string): Promise<readonly string[]> {
  const entries = await readdir(stack.snapshotsDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.parentPath.includes(id));
  if (files.length === 0) throw new Error(`no chunk of ${id} in ${stack.snapshotsDir}`);
  return files.map((entry) => join(entry.parentPath, entry.name));
}
