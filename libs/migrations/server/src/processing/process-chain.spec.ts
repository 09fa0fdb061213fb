import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import type { MigrationStore } from '../store/migration-store.js';
import { FIRST, column, noteTables, notes } from '../testing/note-migrations.js';
import { openTrialDatabase, type TrialDatabase } from './domain-source.js';
import { sqlMigrationSource, type MigrationNotes, type MigrationSource } from './migration-source.js';
import { EMPTY_SCHEMA, processChain } from './process-chain.js';

const EMPTY: MigrationStore = { manifest: { migrations: [], retired: [] }, migrations: new Map() };

describe('processChain', () => {
  let database: TrialDatabase;
  beforeAll(async () => {
    database = await openTrialDatabase([]);
  });
  afterAll(() => database[Symbol.asyncDispose]());
  beforeEach(async () => {
    await database.run('drop schema public cascade');
    await database.run('create schema public');
  });

  const first = sqlMigrationSource(FIRST, { up: noteTables, down: ['drop table notes', 'drop type mood'] });
  const color = (notes: MigrationNotes = {}, type = 'text', timestamp = 1764000000000): MigrationSource =>
    sqlMigrationSource(
      `Color${timestamp}`,
      { up: [`alter table notes add column color ${type}`], down: ['alter table notes drop column color'] },
      notes,
    );
  const rename = sqlMigrationSource('Rename1765000000000', {
    up: ['alter table notes rename column color to colour'],
    down: ['alter table notes rename column colour to color'],
  });
  const schema = (...columns: Parameters<typeof column>[]): SchemaMeta => ({
    ...EMPTY_SCHEMA,
    tables: [{ ...notes, columns: [...notes.columns, ...columns.map((words) => column(...words))] }],
  });
  const chain = (sources: readonly MigrationSource[], head: SchemaMeta, stored = EMPTY) =>
    processChain({ database, sources, stored, head });
  const released = (store: MigrationStore): MigrationStore => ({
    ...store,
    manifest: {
      ...store.manifest,
      migrations: store.manifest.migrations.map((entry) => ({ ...entry, released: true })),
    },
  });
  const afresh = async () => {
    await database.run('drop schema public cascade');
    await database.run('create schema public');
  };

  it('(I8) another rule is another checksum, though no statement differs: a database that has the first one is told', async () => {
    const rules = sqlMigrationSource('Rules1764000000001', { up: [], down: [] });
    const withRead = (read: (typeof notes)['read']): SchemaMeta => ({ ...EMPTY_SCHEMA, tables: [{ ...notes, read }] });
    const checksumOf = async (read: (typeof notes)['read']) => {
      await afresh();
      const store = await chain([first, rules], withRead(read));
      return store.migrations.get(rules.name)?.checksum;
    };
    const loose = await checksumOf({ op: 'all' });
    expect(await checksumOf({ op: 'all' })).toBe(loose);
    expect(await checksumOf({ op: 'claim', column: 'id', claim: 'sub' })).not.toBe(loose);
  });

  it('gives each a version that continues the one before, and knows the schemas between from the tables', async () => {
    const store = await chain([rename, first, color()], schema(['colour', 'text']));
    expect(store.manifest.migrations).toMatchObject([
      { name: FIRST, version: '1.0.0', previous: null, dependsOn: [], kind: 'additive', released: false },
      { name: 'Color1764000000000', version: '1.1.0', previous: '1.0.0', dependsOn: [FIRST], kind: 'additive' },
      { name: rename.name, version: '2.0.0', previous: '1.1.0', dependsOn: ['Color1764000000000'], kind: 'breaking' },
    ]);
    const between = store.migrations.get('Color1764000000000')?.after;
    expect(between && findTable(between, 'notes')?.columns.map(({ name }) => name)).toEqual([
      ...notes.columns.map(({ name }) => name),
      'color',
    ]);
    expect(store.migrations.get(rename.name)?.before).toEqual(between);
    await afresh();
    expect(await chain([first, color(), rename], schema(['colour', 'text']), store)).toEqual(store);
  });

  it('takes those before the asked one as they are stored', async () => {
    const store = await chain([first], schema());
    await afresh();
    const next = await processChain({
      database,
      sources: [first, color()],
      stored: store,
      head: schema(['color', 'text']),
      from: 'Color1764000000000',
    });
    expect(next.migrations.get(FIRST)).toBe(store.migrations.get(FIRST));
    expect(next.manifest.migrations).toHaveLength(2);
  });

  it('gives no version away twice [M2]', async () => {
    const retired = { ...EMPTY, manifest: { migrations: [], retired: ['1.1.0', '1.2.0'] } };
    const store = await chain([first, color()], schema(['color', 'text']), retired);
    expect(store.manifest).toMatchObject({ migrations: [{}, { version: '1.3.0' }], retired: ['1.1.0', '1.2.0'] });
  });

  it('writes down what was declared, and why', async () => {
    const store = await chain(
      [first, color({ declare: 'breaking', acknowledge: 'all have to see it' })],
      schema(['color', 'text']),
    );
    expect(store.manifest.migrations[1]).toMatchObject({
      version: '2.0.0',
      declared: 'breaking',
      acknowledge: 'all have to see it',
    });
  });

  it('refuses a released one that has changed or is lost, one before it, and one that depends on nothing there', async () => {
    const store = released(await chain([first, color()], schema(['color', 'text'])));
    await afresh();
    await expect(chain([first, color({}, 'varchar(9)')], schema(['color', 'text']), store)).rejects.toMatchObject({
      fault: 'changed-after-release',
      migration: 'Color1764000000000',
    });
    await expect(chain([first], schema(), store)).rejects.toMatchObject({ fault: 'changed-after-release' });
    const early = sqlMigrationSource('Early1763500000000', { up: [], down: [] });
    await expect(chain([first, early, color()], schema(['color', 'text']), store)).rejects.toMatchObject({
      fault: 'out-of-order',
    });
    await expect(
      chain([first, color({ dependsOn: ['Lost1763700000000'] })], schema(['color', 'text'])),
    ).rejects.toMatchObject({
      fault: 'missing-dependency',
      reason: expect.stringContaining('Lost1763700000000') as string,
    });
  });

  it('refuses migrations that do not lead to the entities', async () => {
    await expect(chain([first], schema(['color', 'text']))).rejects.toMatchObject({
      fault: 'entities-differ',
      reason: expect.stringContaining('there is no column notes.color') as string,
    });
    await afresh();
    await expect(chain([first, color()], schema())).rejects.toMatchObject({
      reason: expect.stringContaining('no entity knows') as string,
    });
  });
});
