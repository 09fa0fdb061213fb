import { id, insert, openWriteWorld, remove, update, type Writer, type WriteWorld } from './testing/write-world.js';

describe('writes on a real Postgres', () => {
  let world: WriteWorld;
  let ann: Writer;

  beforeEach(async () => {
    world = await openWriteWorld();
    ann = await world.writer('ann', 'red');
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const anItem = (number = 1, more = {}) => insert('items', { id: id(number), team: 'red', name: 'saw', ...more });
  const item = async (number = 1) => (await world.rows(`select * from items where id = '${id(number)}'`))[0];

  describe('accepted', () => {
    it('[W3] inserts, updates and deletes, and leaves a verdict for each mutation in its transaction', async () => {
      expect(await ann.write(anItem())).toMatchObject({ mutationId: 1, verdict: 'accepted', reason: null });
      expect(
        await ann.write(update('items', { id: id(1) }, { name: 'axe' }, { old: { name: 'saw' }, version: '1' })),
      ).toMatchObject({
        verdict: 'accepted',
      });
      expect(await item()).toMatchObject({ name: 'axe', version: '2' });
      expect(await ann.write(remove('items', { id: id(1) }, { old: { name: 'axe' }, version: '2' }))).toMatchObject({
        verdict: 'accepted',
      });
      expect(await item()).toBeUndefined();
      expect(await world.rows('select mutation_id, verdict, sub from sync.client_mutation order by 1')).toMatchObject([
        { mutation_id: '1', verdict: 'accepted', sub: 'ann' },
        { mutation_id: '2', verdict: 'accepted', sub: 'ann' },
        { mutation_id: '3', verdict: 'accepted', sub: 'ann' },
      ]);
      expect(await world.rows('select last_mutation_id from sync.client_status')).toEqual([{ last_mutation_id: '3' }]);
    });

    it('[I10] keeps every value as it was written', async () => {
      const values = {
        amount: '1234567890.12',
        big: '9007199254740993',
        shade: 'dark',
        initials: 'a  ',
        flags: '101',
        tags: '{ab,"c d"}',
        code: `O'Neil "q" \\ 😀`,
      };
      expect(await ann.write(anItem(1, values))).toMatchObject({ verdict: 'accepted' });
      expect(await item()).toMatchObject(values);
    });

    it('takes the default of an absent column, null for a null one', async () => {
      await ann.write(anItem(1, { code: null }));
      expect(await item()).toMatchObject({ version: '1', code: null, created_at: expect.any(String) });
    });

    it('changes a key by an update', async () => {
      await ann.write(anItem());
      expect(
        await ann.write(update('items', { id: id(1) }, { id: id(2) }, { old: { id: id(1) }, version: '1' })),
      ).toMatchObject({
        verdict: 'accepted',
      });
      expect(await item(2)).toMatchObject({ name: 'saw' });
    });

    it('finds rows by a composite key', async () => {
      await ann.write(
        anItem(),
        insert('parts', { item_id: id(1), slot: '7', team: 'red' }, { item_id: id(1), slot: '7' }),
      );
      expect(
        await ann.write(update('parts', { item_id: id(1), slot: '7' }, { label: 'x' }, { old: { label: null } })),
      ).toMatchObject({ verdict: 'accepted' });
      expect(await world.rows('select slot, label from parts')).toEqual([{ slot: '7', label: 'x' }]);
    });

    it('may delete what is deleted already', async () => {
      expect(await ann.write(remove('items', { id: id(1) }))).toMatchObject({ verdict: 'accepted', reason: null });
    });

    it('meets a server trigger that bumps the version: the next change of the same mutation is no conflict', async () => {
      await ann.write(anItem());
      const result = await ann.write(
        update('items', { id: id(1) }, { name: 'a' }, { old: { name: 'saw' }, version: '1' }),
        update('items', { id: id(1) }, { name: 'b' }, { old: { name: 'a' }, version: '2' }),
      );
      expect(result).toMatchObject({ verdict: 'accepted' });
      expect(await item()).toMatchObject({ name: 'b', version: '3' });
    });
  });

  describe('[W7] merged', () => {
    it("writes the client's value over a changed one, and says so", async () => {
      await ann.write(anItem());
      await world.sql.query(`update items set name = 'psql', big = 5`);
      const result = await ann.write(
        update('items', { id: id(1) }, { name: 'axe' }, { old: { name: 'saw' }, version: '1' }),
      );
      expect(result).toMatchObject({
        verdict: 'merged',
        reason: { code: 'merged', table: 'items', columns: ['name'] },
      });
      expect(await item()).toMatchObject({ name: 'axe', big: '5' });
    });
  });

  describe('[W4] rejected by the database, with the next mutation going through', () => {
    it.each([
      [
        'unique',
        { code: 'used' },
        { code: 'unique', table: 'items', constraint: 'items_code', columns: ['team', 'code'] },
      ],
      ['check', { amount: '-1' }, { code: 'check', table: 'items', columns: ['amount'] }],
      [
        'foreign key',
        { parent_id: id(77) },
        { code: 'foreign-key', constraint: 'items_parent', columns: ['team', 'parent_id'] },
      ],
      ['not null', { name: null }, { code: 'not-null', table: 'items', columns: ['name'] }],
      ['a value that is too long', { name: '12345678901' }, { code: 'data' }],
      ['a character(3) that is too long', { initials: 'abcd' }, { code: 'data' }],
      ['a bit(3) that is too long', { flags: '1010' }, { code: 'data' }],
      ['an array element that is too long', { tags: '{abcdef}' }, { code: 'data' }],
      ['a value of no such kind', { big: 'many' }, { code: 'data' }],
      ['an enum value that does not exist', { shade: 'grey' }, { code: 'data' }],
      ['a trigger', { name: 'refused' }, { code: 'raised', message: 'The workshop is closed.' }],
      ['a trigger that swallows it', { name: 'swallowed' }, { code: 'raised' }],
    ])('%s', async (_name, set, reason) => {
      await ann.write(anItem(1, { code: 'used' }));
      const [refused, next] = [ann.mutation(anItem(2, set)), ann.mutation(anItem(3))];
      const outcome = await ann.push([refused, next]);
      expect(outcome).toMatchObject({
        kind: 'results',
        results: [
          { txId: refused.txId, verdict: 'rejected', reason },
          { txId: next.txId, verdict: 'accepted', reason: null },
        ],
      });
      expect(await item(2)).toBeUndefined();
      expect(await item(3)).toBeDefined();
      expect(
        await world.rows(`select verdict, reason ->> 'code' as code from sync.client_mutation where mutation_id = 2`),
      ).toEqual([{ verdict: 'rejected', code: reason.code }]);
    });

    it('a deferred constraint: judged before the verdict, not at commit', async () => {
      const orphan = insert('parts', { item_id: id(9), slot: '1', team: 'red' }, { item_id: id(9), slot: '1' });
      expect(await ann.write(orphan)).toMatchObject({
        verdict: 'rejected',
        reason: { code: 'foreign-key', table: 'parts', constraint: 'parts_item' },
      });
      expect(await ann.write(orphan, anItem(9))).toMatchObject({ verdict: 'accepted' });
    });

    it('the whole mutation or nothing of it (I5)', async () => {
      expect(await ann.write(anItem(1), anItem(2, { amount: '-1' }))).toMatchObject({ verdict: 'rejected' });
      expect(await world.rows('select id from items')).toEqual([]);
    });

    it('a parent that is still referred to', async () => {
      await ann.write(anItem(1), anItem(2, { parent_id: id(1) }));
      expect(await ann.write(remove('items', { id: id(1) }))).toMatchObject({
        verdict: 'rejected',
        reason: { code: 'foreign-key' },
      });
    });

    it('a row that is gone, a key that is taken', async () => {
      expect(await ann.write(update('items', { id: id(1) }, { name: 'x' }))).toMatchObject({
        reason: { code: 'gone', table: 'items' },
      });
      await ann.write(anItem());
      expect(await ann.write(anItem())).toMatchObject({ verdict: 'rejected', reason: { code: 'exists' } });
    });

    it('says nothing of a fault of the server but that there is one', async () => {
      const result = await ann.write(anItem(1, { name: 'broken' }));
      expect(result).toMatchObject({ verdict: 'rejected', reason: { code: 'server-error' } });
      expect(JSON.stringify(result)).not.toContain('secret_table');
    });
  });

  it('validation: rejected with the columns and messages of the validators', async () => {
    const validators = {
      validate: (_table: string, row: Readonly<Record<string, string | null>>, changed: readonly string[]) =>
        row['name'] === 'bad\u0000' || changed.includes('code')
          ? [{ column: 'code', message: 'no \u0000\ud800 codes' }]
          : [],
    };
    const outcome = await ann.push([ann.mutation(anItem(1, { code: 'c' })), ann.mutation(anItem(2))], { validators });
    expect(outcome).toMatchObject({
      results: [
        {
          verdict: 'rejected',
          reason: { code: 'validation', table: 'items', columns: ['code'], message: 'no \ufffd codes' },
        },
        { verdict: 'accepted' },
      ],
    });
  });

  it('a validator that throws rejects the mutation and lets the queue go on (F65)', async () => {
    const validators = {
      validate: () => {
        throw new Error('boom');
      },
    };
    expect(await ann.push([ann.mutation(anItem(1))], { validators })).toMatchObject({
      results: [{ verdict: 'rejected', reason: { code: 'server-error' } }],
    });
    expect(await ann.write(anItem(2))).toMatchObject({ verdict: 'accepted' });
  });
});
