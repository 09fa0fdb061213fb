import { must, SyncError } from '@millrace/kernel';
import { applyMutation } from './apply-mutation.js';
import { MUTATION_LIMITS } from './limits.js';
import type { PushOutcome } from './push.js';
import { registerClient } from './register-client.js';
import { workshop } from './testing/workshop-schema.js';
import { createTimeoutCounter } from './timeout-counter.js';
import {
  EPOCH,
  SLOT,
  id,
  insert,
  openWriteWorld,
  principalOf,
  resultsOf,
  sessionIdOf,
  update,
  type Writer,
  type WriteWorld,
} from './testing/write-world.js';

describe('order and idempotency of mutations', () => {
  let world: WriteWorld;
  let ann: Writer;

  beforeEach(async () => {
    world = await openWriteWorld();
    ann = await world.writer('ann', 'red');
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const anItem = (number: number, more = {}) => insert('items', { id: id(number), team: 'red', name: 'saw', ...more });
  const count = async (table: string) => (await world.rows(`select count(*) as n from ${table}`))[0]?.['n'];

  describe('[W2] txId gives idempotency', () => {
    it('a push whose answer was lost comes again: same verdicts, no second effect (I3, F63)', async () => {
      const mutations = [ann.mutation(anItem(1)), ann.mutation(anItem(1)), ann.mutation(anItem(2))];
      const first = await ann.push(mutations);
      expect(await ann.push(mutations)).toEqual(first);
      expect(resultsOf(first).map((result) => result.verdict)).toEqual(['accepted', 'rejected', 'accepted']);
      expect(await count('items')).toBe('2');
      expect(await count('sync.client_mutation')).toBe('3');
    });

    it('the half that was not answered is carried on from', async () => {
      const mutations = [ann.mutation(anItem(1)), ann.mutation(anItem(2)), ann.mutation(anItem(3))];
      await ann.push(mutations.slice(0, 2));
      expect(resultsOf(await ann.push(mutations)).map((result) => result.mutationId)).toEqual([1, 2, 3]);
      expect(await count('items')).toBe('3');
    });

    it('concurrently on two sessions: one effect, one answer', async () => {
      const mutations = Array.from({ length: 20 }, (_, index) => ann.mutation(anItem(index + 1)));
      const [one, two] = await Promise.all([
        ann.push(mutations, { sql: await world.connect() }),
        ann.push(mutations, { sql: await world.connect() }),
      ]);
      expect(one).toEqual(two);
      expect(resultsOf(one).every((result) => result.verdict === 'accepted')).toBe(true);
      expect(await count('items')).toBe('20');
      expect(await count('sync.client_mutation')).toBe('20');
    });

    it('under another mutation id: the stored verdict, nothing applied', async () => {
      const mutation = ann.mutation(anItem(1));
      const [stored] = resultsOf(await ann.push([mutation]));
      expect(resultsOf(await ann.push([{ ...mutation, mutationId: 2 }]))).toEqual([stored]);
      expect(await ann.write(anItem(2))).toMatchObject({ mutationId: 2, verdict: 'accepted' });
    });

    it('from another client of the same person: the stored verdict', async () => {
      const mutation = ann.mutation(anItem(1));
      const [stored] = resultsOf(await ann.push([mutation]));
      const second = await world.writer('ann', 'red');
      expect(resultsOf(await second.push([mutation]))).toEqual([stored]);
    });

    it('[W4] from two clients of the same person at the same moment: the unique violation ends in the stored verdict', async () => {
      const second = await world.writer('ann', 'red');
      const mutation = ann.mutation(anItem(1));
      const results = await Promise.all([
        ann.push([mutation], { sql: await world.connect() }),
        second.push([mutation], { sql: await world.connect() }),
      ]);
      expect(results[0]).toEqual(results[1]);
      expect(await count('sync.client_mutation')).toBe('1');
    });

    it('X8 the txId of somebody else is not known', async () => {
      const mutation = ann.mutation(anItem(1));
      await ann.push([mutation]);
      const eve = await world.writer('eve', 'red');
      expect(resultsOf(await eve.push([mutation]))).toMatchObject([
        { mutationId: 1, verdict: 'rejected', reason: { code: 'exists' } },
      ]);
    });
  });

  describe('[W2] mutationId gives order (F64)', () => {
    it('a gap is a conflict that tells the last id and what is known', async () => {
      const first = ann.mutation(anItem(1));
      const [stored] = resultsOf(await ann.push([first]));
      const late = { ...ann.mutation(anItem(2)), mutationId: 3 };
      expect(await ann.push([late, first])).toMatchObject({
        kind: 'conflict',
        conflict: { code: 'mutation-order', epoch: EPOCH, lastMutationId: 1, known: [stored] },
      });
      expect(await count('items')).toBe('1');
    });

    it('a number used again for something else is a conflict', async () => {
      await ann.push([ann.mutation(anItem(1))]);
      expect(await ann.push([{ ...ann.mutation(anItem(2)), mutationId: 1 }])).toMatchObject({
        kind: 'conflict',
        conflict: { lastMutationId: 1, known: [] },
      });
    });

    it('a gap behind good ones: their results first, the conflict when the rest comes again', async () => {
      const good = ann.mutation(anItem(1));
      const late = { ...ann.mutation(anItem(2)), mutationId: 5 };
      expect(resultsOf(await ann.push([good, late]))).toMatchObject([{ mutationId: 1, verdict: 'accepted' }]);
      expect(await ann.push([late])).toMatchObject({
        kind: 'conflict',
        conflict: { code: 'mutation-order', lastMutationId: 1 },
      });
    });

    it('a rejected mutation uses its number up', async () => {
      expect(await ann.write(anItem(1, { amount: '-1' }))).toMatchObject({ mutationId: 1, verdict: 'rejected' });
      expect(await ann.write(anItem(1))).toMatchObject({ mutationId: 2, verdict: 'accepted' });
    });
  });

  describe('[E2] another epoch', () => {
    it('is a conflict with the epoch in force; known ones are settled, nothing is applied', async () => {
      const known = ann.mutation(anItem(1));
      const [stored] = resultsOf(await ann.push([known]));
      const fresh = ann.mutation(anItem(2));
      const outcome = await ann.push([known, fresh], { epoch: id(666) });
      expect(outcome).toMatchObject({
        kind: 'conflict',
        conflict: { code: 'epoch-changed', epoch: EPOCH, lastMutationId: 1, known: [stored] },
      });
      expect(await count('items')).toBe('1');
      expect(resultsOf(await ann.push([fresh]))).toMatchObject([{ verdict: 'accepted' }]);
    });

    it('before replication has begun nothing is applied', async () => {
      await world.sql.query('delete from sync.replication_state');
      await expect(ann.push([ann.mutation(anItem(1))])).rejects.toMatchObject({ code: 'database-unavailable' });
      expect(await count('items')).toBe('0');
    });
  });

  it('writes made on another schema stay in the outbox', async () => {
    await expect(ann.push([ann.mutation(anItem(1))], { schemaVersion: '9.0.0' })).rejects.toMatchObject({
      code: 'schema-unknown',
    });
    expect(await count('sync.client_mutation')).toBe('0');
  });

  describe('X7 whose client', () => {
    it('a client of somebody else answers exactly as one that does not exist', async () => {
      const errors: SyncError[] = [];
      for (const clientId of [ann.clientId, id(404)]) {
        const eve = await world.writer('eve', 'red');
        const request = { clientId, epoch: EPOCH, schemaVersion: workshop.version, ...eve.mutation(anItem(1)) };
        await applyMutation(world.sql, request, world.contextOf(eve.principal)).catch((error: SyncError) =>
          errors.push(error),
        );
      }
      expect(errors.map((error) => [error.code, error.message])).toEqual([
        errors.map((error) => [error.code, error.message])[0],
        ['unknown-client', expect.any(String)],
      ]);
      expect(await count('items')).toBe('0');
    });

    it('registration binds, repeats, and refuses another principal', async () => {
      const request = { clientId: id(7), principal: principalOf('ann', 'red'), slot: SLOT };
      expect(await registerClient(world.sql, request)).toEqual({ epoch: EPOCH });
      expect(await registerClient(world.sql, request)).toEqual({ epoch: EPOCH });
      const stolen = registerClient(world.sql, { ...request, principal: principalOf('eve', 'red') });
      await expect(stolen).rejects.toMatchObject({ code: 'unknown-client' });
      expect(await world.rows(`select sub from sync.client_status where client_id = '${id(7)}'`)).toEqual([
        { sub: 'ann' },
      ]);
    });

    it('X20 a principal has so many clients and no more; known ones still come back', async () => {
      const principal = principalOf('many', 'red');
      await world.sql.query(
        `insert into sync.client_status (client_id, sub) select gen_random_uuid(), 'many' from generate_series(1, ${MUTATION_LIMITS.clientsPerSub - 1})`,
      );
      await registerClient(world.sql, { clientId: id(7), principal, slot: SLOT });
      await expect(registerClient(world.sql, { clientId: id(8), principal, slot: SLOT })).rejects.toMatchObject({
        code: 'too-many-requests',
      });
      expect(await registerClient(world.sql, { clientId: id(7), principal, slot: SLOT })).toEqual({ epoch: EPOCH });
    });

    it('before replication has begun nobody registers', async () => {
      await world.sql.query('delete from sync.replication_state');
      const early = registerClient(world.sql, { clientId: id(7), principal: principalOf('ann', 'red'), slot: SLOT });
      await expect(early).rejects.toMatchObject({ code: 'database-unavailable' });
      expect(await world.rows(`select sub from sync.client_status where client_id = '${id(7)}'`)).toEqual([]);
    });
  });

  describe('[W4] what the server cannot do now', () => {
    it('a row that stays locked: an error that says try again, no verdict, and later it goes through', async () => {
      await ann.write(anItem(1));
      const holder = await world.connect();
      const mutation = ann.mutation(
        update('items', { id: id(1) }, { name: 'x' }, { old: { name: 'saw' }, version: '1' }),
      );
      await holder.transaction(async (transaction) => {
        await transaction.query('select 1 from items for update');
        await expect(ann.push([mutation])).rejects.toMatchObject({ code: 'timeout', retry: 'backoff' });
      });
      expect(resultsOf(await ann.push([mutation]))).toMatchObject([{ verdict: 'accepted' }]);
    });

    it("a client's own row that stays locked is waited for no longer [W3]", async () => {
      const holder = await world.connect();
      const mutation = ann.mutation(anItem(1));
      await holder.transaction(async (transaction) => {
        await transaction.query('select 1 from sync.client_status for update');
        await expect(ann.push([mutation])).rejects.toMatchObject({ code: 'timeout', retry: 'backoff' });
      });
      expect(resultsOf(await ann.push([mutation]))).toMatchObject([{ verdict: 'accepted' }]);
    });

    it('earlier results are told although a later mutation fails', async () => {
      const good = ann.mutation(anItem(1));
      const slow = ann.mutation(anItem(2, { name: 'too slow' }));
      expect(resultsOf(await ann.push([good, slow]))).toMatchObject([{ txId: good.txId, verdict: 'accepted' }]);
    });

    it('the fifth statement time-out of a mutation is its rejection, and the queue goes on', async () => {
      const slow = ann.mutation(anItem(1, { name: 'too slow' }));
      const next = ann.mutation(anItem(2));
      const timeouts = createTimeoutCounter();
      for (let attempt = 1; attempt < MUTATION_LIMITS.statementTimeouts; attempt += 1) {
        await expect(ann.push([slow, next], { timeouts })).rejects.toMatchObject({ code: 'timeout' });
      }
      expect(resultsOf(await ann.push([slow, next], { timeouts }))).toMatchObject([
        { verdict: 'rejected', reason: { code: 'server-error' } },
        { verdict: 'accepted' },
      ]);
    });

    it("a deadlock's victim is tried again at once", async () => {
      await ann.write(anItem(1), anItem(2));
      const [gate, other, session] = [await world.connect(), await world.connect(), await world.connect()];
      await gate.query('select pg_advisory_lock(1)');
      await other.query(`set deadlock_timeout = '60s'`);
      await session.query(`set deadlock_timeout = '10ms'`);
      const touch = (number: number) =>
        update('items', { id: id(number) }, { name: 'mine' }, { old: { name: 'saw' }, version: '1' });
      const mutation = ann.mutation(touch(1), anItem(3, { name: 'gate' }), touch(2));

      const [sessionId, otherId] = [await sessionIdOf(session), await sessionIdOf(other)];
      let pushed: Promise<PushOutcome> | undefined;
      await other.transaction(async (transaction) => {
        await transaction.query(`update items set big = 2 where id = '${id(2)}'`);
        pushed = ann.push([mutation], { sql: session });
        await world.untilBlocked(sessionId);
        const crossing = transaction.query(`update items set big = 1 where id = '${id(1)}'`);
        await world.untilBlocked(otherId);
        await gate.query('select pg_advisory_unlock(1)');
        await crossing;
      });
      expect(resultsOf(must(pushed && (await pushed), 'an outcome'))).toMatchObject([{ verdict: 'merged' }]);
      expect(await world.rows('select name, big from items order by id')).toEqual([
        { name: 'mine', big: '1' },
        { name: 'mine', big: '2' },
        { name: 'gate', big: null },
      ]);
    });

    it('a lost session is no verdict', async () => {
      const session = await world.connect();
      await session.close();
      const mutation = ann.mutation(anItem(1));
      await expect(ann.push([mutation], { sql: session })).rejects.toBeInstanceOf(SyncError);
      expect(resultsOf(await ann.push([mutation]))).toMatchObject([{ verdict: 'accepted' }]);
    });

    it("time-outs hold for the mutation's transaction only", async () => {
      await ann.write(anItem(1));
      expect(
        await world.rows(
          `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`,
        ),
      ).toEqual([{ lock: '0', statement: '0' }]);
    });
  });
});
