import {
  id,
  insert,
  openWriteWorld,
  remove,
  sessionIdOf,
  update,
  type Writer,
  type WriteWorld,
} from './testing/write-world.js';

describe('[W7] policies on a real Postgres', () => {
  let world: WriteWorld;
  let ann: Writer;

  beforeEach(async () => {
    world = await openWriteWorld();
    ann = await world.writer('ann', 'red');
  });
  afterEach(() => world[Symbol.asyncDispose]());

  async function changedByOthers(table: string): Promise<void> {
    await ann.write(insert(table, { id: id(1), team: 'red', owner: 'ann', body: 'old', title: 'old' }));
    await world.sql.query(`update ${table} set body = 'theirs'`);
  }
  const rowOf = async (table: string) => (await world.rows(`select body, title, version from ${table}`))[0];
  const seen = { old: { body: 'old', title: 'old' }, version: '1' };

  it('reject-stale keeps the row and says which columns moved', async () => {
    await changedByOthers('notes');
    const result = await ann.write(update('notes', { id: id(1) }, { body: 'mine', title: 'mine' }, seen));
    expect(result).toMatchObject({ verdict: 'rejected', reason: { code: 'stale', table: 'notes', columns: ['body'] } });
    expect(await ann.write(remove('notes', { id: id(1) }, seen))).toMatchObject({ reason: { code: 'stale' } });
    expect(await rowOf('notes')).toEqual({ body: 'theirs', title: 'old', version: '2' });
  });

  it('server-wins writes the columns that nobody else changed', async () => {
    await changedByOthers('drafts');
    const result = await ann.write(update('drafts', { id: id(1) }, { body: 'mine', title: 'mine' }, seen));
    expect(result).toMatchObject({ verdict: 'merged', reason: { code: 'merged', columns: ['body'] } });
    expect(await rowOf('drafts')).toEqual({ body: 'theirs', title: 'mine', version: '3' });
    expect(await ann.write(remove('drafts', { id: id(1) }, seen))).toMatchObject({
      verdict: 'rejected',
      reason: { code: 'changed' },
    });
  });

  it('server-wins with nothing left to write leaves the row alone', async () => {
    await changedByOthers('drafts');
    expect(await ann.write(update('drafts', { id: id(1) }, { body: 'mine' }, seen))).toMatchObject({
      verdict: 'merged',
    });
    expect(await rowOf('drafts')).toEqual({ body: 'theirs', title: 'old', version: '2' });
  });

  it('X6 the row that is judged is the row that is written: a concurrent change is waited for and seen', async () => {
    await ann.write(insert('notes', { id: id(1), team: 'red', owner: 'ann', body: 'old', title: 'old' }));
    const other = await world.connect();
    let pushed: Promise<unknown> | undefined;
    const session = await world.connect();
    const sessionId = await sessionIdOf(session);
    await other.transaction(async (transaction) => {
      await transaction.query(`update notes set body = 'theirs'`);
      pushed = ann.push([ann.mutation(update('notes', { id: id(1) }, { body: 'mine' }, seen))], { sql: session });
      await world.untilBlocked(sessionId);
    });
    expect(await pushed).toMatchObject({ results: [{ verdict: 'rejected', reason: { code: 'stale' } }] });
    expect(await rowOf('notes')).toMatchObject({ body: 'theirs' });
  });
});
