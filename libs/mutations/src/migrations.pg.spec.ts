import type { SchemaMigration, SchemaOp } from '@millrace/schema-compat';
import { migrationOf, recordMigration } from '@millrace/schema-compat/testing';
import { must } from '@millrace/kernel';
import { findTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { workshop } from './testing/workshop-schema.js';
import { id, insert, openWriteWorld, resultsOf, update, type WriteWorld, type Writer } from './testing/write-world.js';

const notes = must(findTable(workshop, 'notes'), 'a table of the workshop');
const replaced = (schema: SchemaMeta, name: string, table: TableMeta) => ({
  ...schema,
  tables: schema.tables.map((each) => (each.name === name ? table : each)),
});
const column = (name: string) =>
  must(
    notes.columns.find((each) => each.name === name),
    `no ${name}`,
  );

/** title → heading, notes → memos, body is gone. */
const memos: TableMeta = {
  ...notes,
  name: 'memos',
  columns: notes.columns
    .filter(({ name }) => name !== 'body')
    .map((each) => (each.name === 'title' ? { ...each, name: 'heading' } : each)),
};
const ops: readonly SchemaOp[] = [
  { op: 'rename-column', table: 'notes', from: 'title', to: 'heading' },
  { op: 'rename-table', from: 'notes', to: 'memos' },
  { op: 'drop-column', table: 'memos', column: column('body') },
];
const migration = migrationOf({
  before: workshop,
  after: { ...replaced(workshop, 'notes', memos), version: '2.0.0' },
  kind: 'breaking',
  ops,
});

describe('writes across a migration', () => {
  let world: WriteWorld;
  let ann: Writer;
  beforeEach(async () => {
    world = await openWriteWorld();
    ann = await world.writer();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const note = (number: number, more: Record<string, string> = {}) =>
    insert('notes', { id: id(number), team: 'red', owner: 'ann', ...more });

  async function migrate(step: SchemaMigration, ...statements: readonly string[]): Promise<void> {
    await world.sql.transaction(async (tx) => {
      await recordMigration(tx, step);
      for (const statement of statements) await tx.query(statement);
    });
  }
  const toMemos = () =>
    migrate(
      migration,
      'alter table notes rename column title to heading',
      'alter table notes rename to memos',
      'alter table memos drop column body',
    );

  it('those of an older client are told in the words of the schema in force', async () => {
    await toMemos();
    expect(await ann.write(note(1, { title: 'a' }))).toMatchObject({ verdict: 'accepted' });
    const base = { old: { title: 'a' }, version: '1' };
    expect(await ann.write(update('notes', { id: id(1) }, { title: 'b' }, base))).toMatchObject({
      verdict: 'accepted',
    });
    expect(await world.rows('select heading from memos')).toEqual([{ heading: 'b' }]);
  });

  it('[W6] one that sets what is not there any more is rejected with its reason, and the others are not', async () => {
    await toMemos();
    const mutations = [note(1, { title: 'a' }), note(2, { body: 'b' }), note(3, { title: 'c' })].map((change) =>
      ann.mutation(change),
    );
    const results = resultsOf(await ann.push(mutations));
    expect(results.map(({ verdict }) => verdict)).toEqual(['accepted', 'rejected', 'accepted']);
    expect(results[1]?.reason).toMatchObject({ code: 'unknown-column', columns: ['body'] });
  });

  it('(I2) an insert that names a dropped column, as all inserts do, and says nothing in it is taken', async () => {
    await toMemos();
    const empty = note(4, { title: 'd' });
    const mutation = ann.mutation({ ...empty, set: { ...empty.set, body: null } });
    expect(resultsOf(await ann.push([mutation]))).toMatchObject([{ verdict: 'accepted' }]);
  });

  it('a verdict speaks of tables and columns as its client knows them, told again as well', async () => {
    await toMemos();
    await world.sql.query("alter table memos add constraint no_x check (heading <> 'x')");
    const mutation = ann.mutation(note(1, { title: 'x' }));
    const [told] = resultsOf(await ann.push([mutation]));
    expect(told).toMatchObject({ verdict: 'rejected', reason: { table: 'notes' } });
    expect(resultsOf(await ann.push([mutation]))).toEqual([told]);
    const { rows } = await world.sql.query("select reason ->> 'table' as name from sync.client_mutation");
    expect(rows).toEqual([{ name: 'memos' }]);
  });

  it('a value that has to be converted stays in its client’s outbox', async () => {
    const owner = column('owner');
    const numbers = {
      ...notes,
      columns: notes.columns.map((each) => (each === owner ? { ...owner, type: 'text[]' } : each)),
    };
    const types = { from: 'text', to: 'text[]', clientFrom: 'text', clientTo: 'text[]' };
    const step = migrationOf({
      before: workshop,
      after: { ...replaced(workshop, 'notes', numbers), version: '2.0.0' },
      ops: [
        {
          op: 'change-type',
          table: 'notes',
          column: 'owner',
          ...types,
          using: 'array[owner]',
          back: null,
          sameText: false,
        },
      ],
    });
    await migrate(step, 'alter table notes alter column owner type text[] using array[owner]');
    const pushed = ann.push([ann.mutation(note(1))]);
    await expect(pushed).rejects.toMatchObject({ code: 'schema-unknown' });
    expect(await world.rows('select * from sync.client_mutation')).toEqual([]);
  });

  it('what is refused because a migration came in between is tried again by the schema of after', async () => {
    const context = world.contextOf(ann.principal);
    let migrating: Promise<void> | null = null;
    const { catalogue } = context;
    const other = await world.connect();
    const late = {
      /** The migration commits right after the schema in force has been read. */
      at: async (...args: Parameters<typeof catalogue.at>) => {
        const read = await catalogue.at(...args);
        migrating ??= other.transaction(async (tx) => {
          await recordMigration(tx, migration);
          await tx.query('alter table notes rename column title to heading');
          await tx.query('alter table notes rename to memos');
          await tx.query('alter table memos drop column body');
        });
        await migrating;
        return read;
      },
    };
    const [result] = resultsOf(await ann.push([ann.mutation(note(1, { title: 'a' }))], { catalogue: late }));
    expect(result).toMatchObject({ verdict: 'accepted' });
    expect(await world.rows('select heading from memos')).toEqual([{ heading: 'a' }]);
  });
});
