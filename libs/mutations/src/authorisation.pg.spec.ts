import { silentLogger, type Row } from '@millrace/kernel';
import { findTable } from '@millrace/schema-meta';
import { workshop } from './testing/workshop-schema.js';
import {
  id,
  insert,
  openWriteWorld,
  principalOf,
  remove,
  update,
  type Writer,
  type WriteWorld,
} from './testing/write-world.js';

describe('who may write what', () => {
  let world: WriteWorld;
  let ann: Writer;
  let bob: Writer;

  beforeEach(async () => {
    world = await openWriteWorld();
    ann = await world.writer('ann', 'red');
    bob = await world.writer('bob', 'blue');
    await bob.write(insert('items', { id: id(50), team: 'blue', name: 'b', code: 'blue-code' }));
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const blue = () => world.rows(`select id, team, name, version from items where team = 'blue' order by id`);
  const untouched = [{ id: id(50), team: 'blue', name: 'b', version: '1' }];

  describe("X5 another tenant's rows", () => {
    it('an update answers exactly as for a row that does not exist [W7]', async () => {
      const base = { old: { name: 'b' }, version: '1' };
      const theirs = await ann.write(update('items', { id: id(50) }, { name: 'x' }, base));
      const absent = await ann.write(update('items', { id: id(51) }, { name: 'x' }, base));
      expect(theirs).toMatchObject({ verdict: 'rejected', reason: { code: 'gone' } });
      expect(theirs.reason).toEqual(absent.reason);
      expect(await blue()).toEqual(untouched);
    });

    it('a delete answers exactly as for a row that does not exist, and deletes nothing', async () => {
      const theirs = await ann.write(remove('items', { id: id(50) }));
      const absent = await ann.write(remove('items', { id: id(51) }));
      expect({ ...theirs, txId: '', mutationId: 0 }).toEqual({ ...absent, txId: '', mutationId: 0 });
      expect(await blue()).toEqual(untouched);
    });

    it('an insert into another tenant is forbidden', async () => {
      const result = await ann.write(insert('items', { id: id(1), team: 'blue', name: 'x' }));
      expect(result).toMatchObject({ verdict: 'rejected', reason: { code: 'forbidden', table: 'items' } });
      expect(await blue()).toEqual(untouched);
    });

    it('X28 … with the same answer whether or not it meets their unique values and keys', async () => {
      const answers = [
        await ann.write(insert('items', { id: id(1), team: 'blue', name: 'x', code: 'free-code' })),
        await ann.write(insert('items', { id: id(1), team: 'blue', name: 'x', code: 'blue-code' })),
        await ann.write(insert('items', { id: id(50), team: 'blue', name: 'x' })),
        await ann.write(insert('items', { id: id(1), team: 'blue', name: 'x', parent_id: id(50) })),
        await ann.write(insert('items', { id: id(1), team: 'blue', name: 'x', parent_id: id(51) })),
      ];
      expect(new Set(answers.map((answer) => JSON.stringify(answer.reason)))).toEqual(
        new Set([JSON.stringify(answers[0]?.reason)]),
      );
      expect(answers[0]).toMatchObject({ reason: { code: 'forbidden' } });
    });

    it("a key that is taken answers the same for theirs and for one's own", async () => {
      await ann.write(insert('items', { id: id(1), team: 'red', name: 'x' }));
      const theirs = await ann.write(insert('items', { id: id(50), team: 'red', name: 'x' }));
      const own = await ann.write(insert('items', { id: id(1), team: 'red', name: 'x' }));
      expect(theirs.reason).toEqual(own.reason);
      expect(theirs.reason).toMatchObject({ code: 'exists' });
    });

    it('a reference to their row answers as a reference to none', async () => {
      const theirs = await ann.write(insert('items', { id: id(1), team: 'red', name: 'x', parent_id: id(50) }));
      const absent = await ann.write(insert('items', { id: id(1), team: 'red', name: 'x', parent_id: id(51) }));
      expect(theirs.reason).toEqual(absent.reason);
      expect(theirs.reason).toMatchObject({ code: 'foreign-key' });
    });

    it("one's own row cannot be moved to another tenant", async () => {
      await ann.write(insert('items', { id: id(1), team: 'red', name: 'x' }));
      const result = await ann.write(
        update('items', { id: id(1) }, { team: 'blue' }, { old: { team: 'red' }, version: '1' }),
      );
      expect(result).toMatchObject({ verdict: 'rejected', reason: { code: 'forbidden' } });
      expect(await blue()).toEqual(untouched);
    });

    it("a server default or trigger cannot carry a row out of the writer's scope", async () => {
      await world.sql.query(`alter table items alter team set default 'blue'`);
      const result = await ann.write(insert('items', { id: id(1), name: 'x' }));
      expect(result).toMatchObject({ verdict: 'rejected', reason: { code: 'forbidden' } });
      expect(await blue()).toEqual(untouched);
    });

    it('a token without the claim writes nothing', async () => {
      const nobody = await world.writer('eve', '');
      expect(await nobody.write(insert('items', { id: id(1), team: '', name: 'x' }))).toMatchObject({
        reason: { code: 'forbidden' },
      });
    });
  });

  describe('rows that are seen, but not written', () => {
    it("old row: another owner's note is forbidden, not gone", async () => {
      await world.sql.query(`insert into notes values ('${id(1)}', 'red', 'cleo', 'body')`);
      const base = { old: { body: 'body', owner: 'cleo' }, version: '1' };
      expect(await ann.write(update('notes', { id: id(1) }, { body: 'x' }, base))).toMatchObject({
        reason: { code: 'forbidden' },
      });
      expect(await ann.write(update('notes', { id: id(1) }, { owner: 'ann' }, base))).toMatchObject({
        reason: { code: 'forbidden' },
      });
      expect(await ann.write(remove('notes', { id: id(1) }, base))).toMatchObject({ reason: { code: 'forbidden' } });
      expect(await world.rows('select owner, body from notes')).toEqual([{ owner: 'cleo', body: 'body' }]);
    });

    it('new row: a note cannot be given away', async () => {
      expect(await ann.write(insert('notes', { id: id(1), team: 'red', owner: 'cleo' }))).toMatchObject({
        reason: { code: 'forbidden' },
      });
      await ann.write(insert('notes', { id: id(2), team: 'red', owner: 'ann' }));
      const away = update('notes', { id: id(2) }, { owner: 'cleo' }, { old: { owner: 'ann' }, version: '1' });
      expect(await ann.write(away)).toMatchObject({ reason: { code: 'forbidden' } });
    });

    it('a table that nobody writes', async () => {
      expect(await ann.write(insert('prices', { id: id(1), team: 'red' }))).toMatchObject({
        reason: { code: 'forbidden' },
      });
      expect(await ann.write(remove('prices', { id: id(1) }))).toMatchObject({ reason: { code: 'forbidden' } });
    });
  });

  describe('X4 mass assignment', () => {
    it.each([
      ['the version', { version: '99' }, 'forbidden'],
      ['the time of creation', { created_at: '2001-01-01' }, 'forbidden'],
      ['a column that never leaves the server', { secret: 'x' }, 'forbidden'],
      ['a column that does not exist', { nothing: 'x' }, 'unknown-column'],
    ])('%s', async (_name, set: Row, code) => {
      await ann.write(insert('items', { id: id(1), team: 'red', name: 'x' }));
      const inserted = await ann.write(insert('items', { id: id(2), team: 'red', name: 'x', ...set }));
      const updated = await ann.write(update('items', { id: id(1) }, set, { version: '1' }));
      expect(inserted).toMatchObject({
        verdict: 'rejected',
        reason: { code, table: 'items', columns: Object.keys(set) },
      });
      expect(updated).toMatchObject({ verdict: 'rejected', reason: { code } });
      expect(await world.rows(`select id, version, secret from items where team = 'red'`)).toEqual([
        { id: id(1), version: '1', secret: null },
      ]);
    });
  });

  describe('X1 names from outside', () => {
    const hostile = [
      'items"; drop table items; --',
      'public.items',
      'pg_catalog.pg_class',
      'ITEMS',
      'sync.client_status',
      '__proto__',
      'constructor',
      'items\u0000',
      '\ud800',
      'ïtems',
    ];

    it.each(hostile)('table %j', async (name) => {
      const result = await ann.write(insert(name, { id: id(1), team: 'red', name: 'x' }));
      expect(result).toMatchObject({ verdict: 'rejected', reason: { code: 'unknown-table' } });
      expect(await blue()).toEqual(untouched);
    });

    it.each([...hostile.slice(0, 4), '__proto__', 'constructor', "name\" = 'x' --", 'name\u0000', '\ud800'])(
      'column %j',
      async (name) => {
        const set = Object.assign(Object.create(null) as Record<string, string>, { id: id(1), team: 'red', name: 'x' });
        Object.defineProperty(set, name, { value: 'x', enumerable: true });
        const result = await ann.write(insert('items', set));
        expect(result).toMatchObject({ verdict: 'rejected', reason: { code: 'unknown-column' } });
        expect(({} as Record<string, unknown>)['x']).toBeUndefined();
        expect(await blue()).toEqual(untouched);
      },
    );

    it.each([
      ['NUL', 'a\u0000b'],
      ['half a surrogate pair', 'a\ud800b'],
    ])('a value with %s is refused, and the queue goes on', async (_name, value) => {
      expect(await ann.write(insert('items', { id: id(1), team: 'red', name: value }))).toMatchObject({
        reason: { code: 'data', columns: ['name'] },
      });
      expect(await ann.write(insert('items', { id: id(1), team: 'red', name: 'x' }))).toMatchObject({
        verdict: 'accepted',
      });
    });

    it('values are never SQL', async () => {
      const name = `');drop--`;
      await ann.write(insert('items', { id: id(1), team: 'red', name }));
      expect(await world.rows(`select name from items where team = 'red'`)).toEqual([{ name }]);
    });

    it('claims are never SQL', async () => {
      const team = `red' or true --`;
      const eve = await world.writer('eve', team);
      expect(await eve.write(update('items', { id: id(50) }, { name: 'x' }))).toMatchObject({
        reason: { code: 'gone' },
      });
      expect(await eve.write(insert('items', { id: id(1), team, name: 'x' }))).toMatchObject({ verdict: 'accepted' });
    });
  });

  it.each<[string, Row]>([
    ['none', {}],
    ['a column that many rows share', { team: 'red' }],
    ['the key and one more', { id: id(1), team: 'red' }],
    ['null', { id: null }],
  ])('X3 a key of %s names no row', async (_name, key) => {
    await ann.write(insert('items', { id: id(1), team: 'red', name: 'x' }));
    for (const change of [
      update('items', key, { name: 'y' }),
      remove('items', key),
      insert('items', { id: id(2), team: 'red', name: 'y' }, key),
    ]) {
      expect(await ann.write(change)).toMatchObject({ verdict: 'rejected', reason: { code: 'key' } });
    }
    expect(await world.rows(`select name from items where team = 'red'`)).toEqual([{ name: 'x' }]);
  });

  it('X3 an insert whose row has another key than it names', async () => {
    expect(await ann.write(insert('items', { id: id(1), team: 'red', name: 'x' }, { id: id(2) }))).toMatchObject({
      reason: { code: 'key' },
    });
  });

  it('I8 names no constraint of a table that does not travel', async () => {
    await world.sql.query(`
      create table audit (item_id uuid constraint audit_secret_rule check (item_id is null));
      create function audit() returns trigger language plpgsql as $$ begin insert into audit values (new.id); return new; end $$;
      create trigger items_audit after insert on items for each row execute function audit()`);
    const result = await ann.write(insert('items', { id: id(1), team: 'red', name: 'x' }));
    expect(result).toMatchObject({ verdict: 'rejected', reason: { code: 'check' } });
    expect(JSON.stringify(result)).not.toContain('audit');
  });

  it('a fault of the server is logged by its code, without rows or SQL', async () => {
    const lines: unknown[] = [];
    const logger = { ...silentLogger, error: (message: string, fields?: unknown) => lines.push({ message, fields }) };
    await ann.push([ann.mutation(insert('items', { id: id(1), team: 'red', name: 'broken' }))], { logger });
    expect(lines).toMatchObject([{ fields: { sqlState: '42P01', mutationId: 1 } }]);
    expect(JSON.stringify(lines)).not.toMatch(/broken|insert into/);
  });

  it('the fixtures are what the tests take them for', () => {
    expect(findTable(workshop, 'prices')?.write).toBeNull();
    expect(principalOf('ann', 'red').claims).toEqual({ sub: 'ann', team: 'red' });
  });
});
