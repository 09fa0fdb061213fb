/// <reference types="jest" />
import type { Row } from '@millrace/kernel';
import type { ClientStore } from '../../core/ports/client-store.js';
import { toWire } from '../../core/pending-mutation.js';
import {
  at,
  conflict,
  deletion,
  EPOCH,
  insert,
  item,
  OTHER_EPOCH,
  patch,
  put,
  remove,
  transaction,
  update,
  uuid,
  verdict,
  wholeHydration,
  type ClientStoreHarness,
} from './client-store-world.js';
import { describeHydrate } from './hydrate.js';
import { describeMigrations } from './migrations.js';

const NO_LIMITS = { mutations: 500, bytes: 4_000_000 };

/** The rules that every store of a client obeys, the one on PGlite and the fake of the simulation alike. */
export function describeClientStore(name: string, make: () => Promise<ClientStoreHarness>): void {
  describe(`${name}: ClientStore`, () => {
    let harness: ClientStoreHarness;
    let store: ClientStore;

    beforeEach(async () => {
      harness = await make();
      store = await harness.open();
    });

    /** A live client with these items at seq 10. */
    async function live(...items: readonly Row[]): Promise<void> {
      await store.registered(EPOCH);
      await store.hydrate(await wholeHydration(harness, { items }, { seq: 10 }));
    }

    const items = () => harness.rows('items');
    const pending = () => store.pending();
    const first = async () => (await pending())[0] ?? fail('nothing is pending');

    it('a new one has a client id, no cursor and an empty outbox', async () => {
      const opened = await (await harness.open()).open();
      expect(opened.clientId).toMatch(/^[0-9a-f-]{36}$/);
      expect(opened).toMatchObject({
        outboxEpoch: null,
        summary: { position: null, scope: null, ackedMutation: 0, pending: 0, unsent: 0, rejected: 0 },
      });
    });

    it('keeps the epoch in which it was first registered', async () => {
      await store.registered(EPOCH);
      await store.registered(OTHER_EPOCH);
      expect((await store.outbox(NO_LIMITS)).epoch).toBe(EPOCH);
    });

    describeHydrate({ harness: () => harness, store: () => store });
    describeMigrations({ harness: () => harness, store: () => store });

    describe('[A1] apply', () => {
      it('puts, patches, removes, and moves the cursor', async () => {
        await live(item(1), item(2));
        const summary = await store.apply([transaction(12, [put(item(3)), patch(1, { name: null }), remove(2)])]);
        expect(summary.position).toEqual(at(12));
        expect(await items()).toEqual([item(1, { name: null }), item(3)]);
      });

      it('takes several transactions at once, a row changed in each of them', async () => {
        await live();
        await store.apply([
          transaction(11, [put(item(1))]),
          transaction(12, [patch(1, { amount: '2' })]),
          transaction(13, [remove(1)]),
          transaction(14, [put(item(1, { name: 'again' })), put(item(1, { name: 'and again' }))]),
          transaction(15, [patch(1, { amount: '3' })]),
        ]);
        expect(await items()).toEqual([item(1, { name: 'and again', amount: '3' })]);
      });

      it('[C4] an absent column is left as it is, also next to other sets of columns', async () => {
        await live(item(1), item(2));
        await store.apply([transaction(11, [patch(1, { amount: '8' }), patch(2, { name: 'b', amount: '9' })])]);
        expect(await items()).toEqual([item(1, { amount: '8' }), item(2, { name: 'b', amount: '9' })]);
      });

      it('a truncate empties the table, and what follows it stays', async () => {
        await live(item(1));
        await store.apply([transaction(13, [put(item(2)), { op: 'truncate', table: 'items' }, put(item(3))])]);
        expect(await items()).toEqual([item(3)]);
      });

      it('a cursor moves without a change', async () => {
        await live();
        expect((await store.apply([transaction(40, [])])).position).toEqual(at(40));
      });

      it('(I12) a patch of a row that is not here is refused, and nothing of it has happened', async () => {
        await live(item(1));
        const lost = transaction(12, [patch(1, { name: 'x' }), patch(2, { name: 'x' })]);
        await expect(store.apply([lost])).rejects.toMatchObject({ code: 'cursor-unknown' });
        expect(await items()).toEqual([item(1)]);
        expect((await store.summary()).position).toEqual(at(10));
      });

      it('(F69) a put without one of its columns is refused', async () => {
        await live();
        await expect(store.apply([transaction(11, [put({ id: uuid(1), name: 'x' })])])).rejects.toMatchObject({
          code: 'invalid-message',
        });
      });

      it('(F67) is not recorded as a local write', async () => {
        await live(item(1));
        await store.apply([transaction(12, [patch(1, { name: 'theirs' }), put(item(2))])]);
        expect(await pending()).toEqual([]);
      });
    });

    describe('[W1] local writes', () => {
      it('are visible at once and recorded as one mutation', async () => {
        await live(item(1, { version: '4' }), item(2, { version: '6' }));
        await harness.write(insert(3), update(1, { name: 'mine', amount: '1' }), deletion(2));
        expect(await items()).toEqual([
          item(1, { name: 'mine', version: '5' }),
          item(3, { name: 'mine 3', amount: '5' }),
        ]);
        const mutation = await first();
        expect(toWire(mutation)).toEqual({
          mutationId: 1,
          txId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          changes: [
            {
              table: 'items',
              operation: 'insert',
              key: { id: uuid(3) },
              set: { id: uuid(3), name: 'mine 3', amount: '5' },
              old: {},
              version: null,
            },
            {
              table: 'items',
              operation: 'update',
              key: { id: uuid(1) },
              set: { name: 'mine' },
              old: { name: 'item 1' },
              version: '4',
            },
            {
              table: 'items',
              operation: 'delete',
              key: { id: uuid(2) },
              set: {},
              old: { id: uuid(2), name: 'item 2', amount: '1' },
              version: '6',
            },
          ],
        });
      });

      it('are numbered densely and never coalesced; the version moves once per change', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'a' }), update(1, { name: 'b' }));
        await harness.write(update(1, { name: 'c' }));
        expect((await pending()).map((mutation) => [mutation.mutationId, mutation.changes.length])).toEqual([
          [1, 2],
          [2, 1],
        ]);
        expect(await items()).toEqual([item(1, { name: 'c', version: '4' })]);
      });

      it('that change nothing are not recorded', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'item 1' }));
        expect(await items()).toEqual([item(1)]);
        expect(await store.summary()).toMatchObject({ pending: 0, ackedMutation: 0 });
      });

      it('are announced', async () => {
        await live(item(1));
        const heard = new Promise<void>((resolve) => store.onLocalWrite(resolve));
        await Promise.resolve();
        await store.summary();
        await harness.write(update(1, { name: 'mine' }));
        await heard;
      });

      it('a change of key is one change', async () => {
        await live(item(1));
        await harness.write(update(1, { id: uuid(9) }));
        expect((await first()).changes).toMatchObject([
          { operation: 'update', key: { id: uuid(1) }, set: { id: uuid(9) }, old: { id: uuid(1) } },
        ]);
        expect(await items()).toEqual([item(1, { id: uuid(9), version: '2' })]);
      });
    });

    describe('[A2] re-base: visible = base + pending, in order', () => {
      it('(F62) a foreign change of another column shows beside the own one', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'mine' }));
        await store.apply([transaction(11, [patch(1, { amount: '7', version: '2' })])]);
        expect(await items()).toEqual([item(1, { name: 'mine', amount: '7', version: '3' })]);
      });

      it('(I6) a foreign change of the same column does not hide the own one', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'mine' }));
        await store.apply([transaction(11, [patch(1, { name: 'theirs', version: '2' })])]);
        expect(await items()).toEqual([item(1, { name: 'mine', version: '3' })]);
      });

      it("[W5] the ack brings the server's row: no own change is dropped, none is shown twice", async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'mine' }));
        const summary = await store.apply([
          transaction(11, [patch(1, { amount: '7', version: '2' })]),
          transaction(13, [patch(1, { name: 'MINE', version: '3' })], verdict(await first(), 'merged')),
        ]);
        expect(await items()).toEqual([item(1, { name: 'MINE', amount: '7', version: '3' })]);
        expect(summary).toMatchObject({ pending: 0, unsent: 0, ackedMutation: 1 });
      });

      it('an ack of the first leaves the second in place', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'a' }));
        await harness.write(update(1, { amount: '9' }));
        await store.apply([transaction(12, [patch(1, { name: 'a', version: '2' })], verdict(await first()))]);
        expect(await items()).toEqual([item(1, { name: 'a', amount: '9', version: '3' })]);
        expect((await store.summary()).ackedMutation).toBe(1);
      });

      it("a refused write leaves; the row shows the server's value again (I2)", async () => {
        await live(item(1), item(2));
        await harness.write(update(1, { name: 'mine' }), deletion(2), insert(3));
        const mutation = await first();
        await store.apply([transaction(11, [], verdict(mutation, 'rejected'))]);
        expect(await items()).toEqual([item(1), item(2)]);
        expect(await store.rejected()).toMatchObject([
          {
            txId: mutation.txId,
            mutationId: 1,
            reason: { code: 'unique', message: 'taken' },
            changes: mutation.changes,
          },
        ]);
        expect(await store.dispose(mutation.txId)).toMatchObject({ rejected: 0 });
        expect(await store.rejected()).toEqual([]);
      });

      it('a row deleted here stays away, whatever the server writes to it, until its verdict', async () => {
        await live(item(1));
        await harness.write(deletion(1));
        await store.apply([transaction(11, [patch(1, { amount: '2' })])]);
        expect(await items()).toEqual([]);
        await store.apply([transaction(12, [], verdict(await first(), 'rejected'))]);
        expect(await items()).toEqual([item(1, { amount: '2' })]);
      });

      it('a row that the server removed is gone under a pending update, and the rejection keeps it so', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'mine' }));
        await store.apply([transaction(11, [remove(1)])]);
        expect(await items()).toEqual([]);
        await store.apply([transaction(12, [], verdict(await first(), 'rejected'))]);
        expect(await items()).toEqual([]);
      });

      it('deleted and inserted again in two writes', async () => {
        await live(item(1, { version: '8' }));
        await harness.write(deletion(1));
        await harness.write(insert(1));
        expect(await items()).toEqual([item(1, { name: 'mine 1', amount: '5' })]);
        await store.apply([transaction(12, [remove(1)], verdict(await first()))]);
        expect(await items()).toEqual([item(1, { name: 'mine 1', amount: '5' })]);
        await store.apply([transaction(13, [], verdict(await first(), 'rejected'))]);
        expect(await items()).toEqual([]);
      });

      it('an insert here and there under one key shows the own values until the verdict', async () => {
        await live();
        await harness.write(insert(1));
        await store.apply([transaction(11, [put(item(1, { version: '3' }))])]);
        expect((await items())[0]).toMatchObject({ name: 'mine 1' });
        await store.apply([transaction(12, [], verdict(await first(), 'rejected'))]);
        expect(await items()).toEqual([item(1, { version: '3' })]);
      });

      it('a changed key ties both rows together', async () => {
        await live(item(1));
        await harness.write(update(1, { id: uuid(9) }));
        await store.apply([transaction(11, [patch(1, { amount: '4', version: '2' })])]);
        expect(await items()).toEqual([item(1, { id: uuid(9), amount: '4', version: '3' })]);
        await store.apply([transaction(12, [], verdict(await first(), 'rejected'))]);
        expect(await items()).toEqual([item(1, { amount: '4', version: '2' })]);
      });

      it('a truncate leaves what is inserted here', async () => {
        await live(item(1), item(2));
        await harness.write(update(1, { name: 'mine' }), insert(3));
        await store.apply([transaction(11, [{ op: 'truncate', table: 'items' }])]);
        expect(await items()).toEqual([item(3, { name: 'mine 3', amount: '5' })]);
      });

      it('works for keys of several columns and odd names', async () => {
        const key = { left_id: '1', 'right "id"': 'a"\\\u001f' };
        await live();
        await store.apply([transaction(11, [put({ ...key, note: 'n' }, 'pairs')])]);
        await harness.write({ operation: 'update', table: 'pairs', key, set: { note: 'mine' } });
        await store.apply([transaction(12, [{ op: 'patch', table: 'pairs', key, set: { note: 'theirs' } }])]);
        expect(await harness.rows('pairs')).toEqual([{ ...key, note: 'mine' }]);
        await store.apply([transaction(13, [], verdict(await first(), 'rejected'))]);
        expect(await harness.rows('pairs')).toEqual([{ ...key, note: 'theirs' }]);
      });
    });

    describe('outbox', () => {
      it('[W2] hands out unanswered mutations in order, within the limits', async () => {
        await live(item(1));
        for (const name of ['a', 'b', 'c']) await harness.write(update(1, { name }));
        const ids = async (limits: { mutations: number; bytes: number }) =>
          (await store.outbox(limits)).mutations.map((mutation) => mutation.mutationId);
        expect(await ids(NO_LIMITS)).toEqual([1, 2, 3]);
        expect(await ids({ mutations: 2, bytes: 1_000_000 })).toEqual([1, 2]);
        expect(await ids({ mutations: 500, bytes: 1 })).toEqual([1]);
      });

      it('[W5] an answer only keeps a mutation from being sent again; its ack is what ends it', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'mine' }));
        const mutation = await first();
        expect(await store.answer([verdict(mutation, 'rejected')])).toMatchObject({
          pending: 1,
          unsent: 0,
          rejected: 0,
          ackedMutation: 0,
        });
        expect((await store.outbox(NO_LIMITS)).mutations).toEqual([]);
        expect(await items()).toEqual([item(1, { name: 'mine', version: '2' })]);
        expect(await store.apply([transaction(11, [], verdict(mutation, 'rejected'))])).toMatchObject({
          pending: 0,
          rejected: 1,
        });
        expect(await items()).toEqual([item(1)]);
      });

      it('[W5] settle ends mutations whose effects the rows contain already', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'mine' }));
        const mutation = await first();
        await store.hydrate(
          await wholeHydration(harness, { items: [item(1, { name: 'mine', version: '2' })] }, { seq: 20 }),
        );
        expect(await store.settle([verdict(mutation)])).toMatchObject({ pending: 0, ackedMutation: 1 });
        expect(await items()).toEqual([item(1, { name: 'mine', version: '2' })]);
      });

      it('[W2] an answer may name a lower number than the outbox: what is settled is counted from there', async () => {
        await live(item(1));
        for (const name of ['a', 'b']) await harness.write(update(1, { name }));
        const [a, b] = await pending();
        await store.reconcile(conflict(7, [verdict({ mutationId: 7, txId: b!.txId })]));
        const summary = await store.answer([verdict({ mutationId: 5, txId: a!.txId })]);
        expect(summary).toMatchObject({ pending: 2, unsent: 0, ackedMutation: 4 });
        expect((await pending()).map((mutation) => mutation.mutationId)).toEqual([5, 7]);
      });

      it('[W2] reconcile takes known verdicts, renumbers the rest, and keeps every txId', async () => {
        await live(item(1));
        for (const name of ['a', 'b', 'c']) await harness.write(update(1, { name }));
        const before = await pending();
        const known = verdict({ mutationId: 7, txId: before[0]!.txId });
        const summary = await store.reconcile(conflict(7, [known]));
        expect(summary).toMatchObject({ pending: 3, unsent: 2, ackedMutation: 6 });
        expect((await pending()).map(({ mutationId, txId }) => [mutationId, txId])).toEqual(
          before.map(({ txId }, index) => [7 + index, txId]),
        );
        expect((await store.outbox(NO_LIMITS)).mutations.map((mutation) => mutation.mutationId)).toEqual([8, 9]);
        await harness.write(update(1, { name: 'd' }));
        expect((await pending()).map((mutation) => mutation.mutationId)).toEqual([7, 8, 9, 10]);
        expect(await items()).toEqual([item(1, { name: 'd', version: '5' })]);
      });

      it('[E2] a new epoch asks for everything again, under the same txIds', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'a' }));
        await harness.write(update(1, { name: 'b' }));
        const before = await pending();
        await store.answer([verdict(before[0]!)]);
        await store.reconcile(conflict(0, [], OTHER_EPOCH));
        const batch = await store.outbox(NO_LIMITS);
        expect(batch.epoch).toBe(OTHER_EPOCH);
        expect(batch.mutations.map(({ mutationId, txId }) => [mutationId, txId])).toEqual(
          before.map(({ txId }, index) => [index + 1, txId]),
        );
      });

      it('(I3) an ack that comes twice, or for somebody unknown, changes nothing', async () => {
        await live(item(1));
        await harness.write(update(1, { name: 'mine' }));
        const ack = verdict(await first(), 'rejected');
        await store.apply([transaction(11, [], ack)]);
        await store.apply([transaction(12, [], ack), transaction(13, [], verdict({ mutationId: 4, txId: uuid(77) }))]);
        expect(await store.rejected()).toHaveLength(1);
        expect(await items()).toEqual([item(1)]);
      });
    });

    it('(I2, I4) everything survives a restart', async () => {
      await live(item(1), item(2));
      await harness.write(update(1, { name: 'mine' }));
      await harness.write(update(2, { name: 'no' }));
      const [one, two] = await pending();
      await store.answer([verdict(one!)]);
      await store.apply([transaction(14, [patch(1, { amount: '3' })]), transaction(15, [], verdict(two!, 'rejected'))]);
      store = await harness.open();
      const opened = await store.open();
      expect(opened).toMatchObject({
        outboxEpoch: EPOCH,
        summary: { position: at(15), scope: 'scope-1', pending: 1, unsent: 0, rejected: 1, ackedMutation: 0 },
      });
      expect(await items()).toEqual([item(1, { name: 'mine', amount: '3', version: '2' }), item(2)]);
      await harness.write(update(2, { name: 'later' }));
      expect((await pending()).map((mutation) => mutation.mutationId)).toEqual([1, 3]);
    });
  });
}
