/// <reference types="jest" />
import type { Row } from '@millrace/kernel';
import type { SchemaMigration, SchemaStep } from '@millrace/schema-compat';
import type { ClientStore } from '../../core/ports/client-store.js';
import { addColor, dropAll, renameAll, retypeName } from '../conformance-migrations.js';
import { conformanceSchema } from '../conformance-schema.js';
import {
  at,
  deletion,
  EPOCH,
  insert,
  item,
  put,
  transaction,
  update,
  uuid,
  verdict,
  wholeHydration,
  type ClientStoreHarness,
} from './client-store-world.js';

const NO_LIMITS = { mutations: 500, bytes: 4_000_000 };

/** [M3] Steps of the schema on every store. */
export function describeMigrations({
  harness,
  store,
}: {
  readonly harness: () => ClientStoreHarness;
  readonly store: () => ClientStore;
}): void {
  describe('[M3] a step of the schema', () => {
    const up = (migration: SchemaMigration): SchemaStep => ({ migration, direction: 'up' });
    const down = (migration: SchemaMigration): SchemaStep => ({ migration, direction: 'down' });
    const items = () => harness().rows('items');
    const pending = () => store().pending();
    const step = (seq: number, migration: SchemaMigration, ...changes: Parameters<typeof transaction>[1]) => ({
      ...transaction(seq, changes),
      steps: [up(migration)],
    });

    async function live(...rows: readonly Row[]): Promise<void> {
      await store().registered(EPOCH);
      await store().hydrate(await wholeHydration(harness(), { items: rows }, { seq: 10 }));
    }

    it('brings table, column, schema in force and cursor together, with changes that know them', async () => {
      await live(item(1), item(2));
      const summary = await store().apply([
        step(12, addColor, put({ ...item(2), color: 'blue' }), put({ id: uuid(7), label: 'new' }, 'tags')),
      ]);
      expect(summary).toMatchObject({ position: at(12), schemaVersion: '1.1.0' });
      expect(store().schema().version).toBe('1.1.0');
      expect(await items()).toEqual([
        { ...item(1), color: 'red' },
        { ...item(2), color: 'blue' },
      ]);
      expect(await harness().rows('tags')).toEqual([{ id: uuid(7), label: 'new' }]);
    });

    it('[S6] a table is another one since then, whatever its rows', async () => {
      await live(item(1));
      await store().apply([step(12, addColor)]);
      const states = await store().tableStates(['items', 'pairs', 'tags']);
      expect(states.map(({ name, changedAt }) => [name, changedAt])).toEqual([
        ['items', 12n],
        ['pairs', 10n],
        ['tags', 12n],
      ]);
    });

    it('is kept: an app that was built with an earlier schema opens the database in the one that it has come to', async () => {
      await live(item(1));
      await store().apply([step(12, addColor)]);
      const again = await harness().open();
      expect(again.schema()).toEqual(addColor.after);
      expect(await again.summary()).toMatchObject({ position: at(12), schemaVersion: '1.1.0' });
      expect(await again.migrations()).toMatchObject([
        { migration: { name: addColor.name }, direction: 'up', applied: true, error: null, retryCount: 0 },
      ]);
    });

    it('(F72) queued writes follow it, are shown, and are told in its words', async () => {
      await live(item(1), item(2), item(3));
      await harness().write(update(1, { name: 'mine' }));
      await harness().write(insert(8), deletion(2));
      await store().apply([step(12, renameAll)]);
      const outbox = await store().outbox(NO_LIMITS);
      expect(outbox.schema.version).toBe('2.0.0');
      expect(outbox.mutations.map(({ changes }) => changes.map(({ set, old }) => [set, old]))).toEqual([
        [[{ title: 'mine' }, { title: 'item 1' }]],
        [
          [{ id: uuid(8), title: 'mine 8', amount: '5' }, {}],
          [{}, { id: uuid(2), title: 'item 2', amount: '1' }],
        ],
      ]);
      const titled = (n: number, title: string, version: string, amount = '1') => ({
        id: uuid(n),
        title,
        amount,
        version,
      });
      expect(await items()).toEqual([titled(1, 'mine', '2'), titled(3, 'item 3', '1'), titled(8, 'mine 8', '1', '5')]);
      await store().apply([transaction(14, [put(titled(1, 'theirs', '7'))], verdict((await pending())[0]!))]);
      expect((await items())[0]).toEqual(titled(1, 'theirs', '7'));
      await harness().write({ operation: 'update', table: 'items', key: { id: uuid(3) }, set: { title: 'later' } });
      expect((await pending()).at(-1)?.changes).toMatchObject([{ set: { title: 'later' }, old: { title: 'item 3' } }]);
    });

    it('a renamed table takes its queued writes along', async () => {
      await live();
      const key = { left_id: '1', 'right "id"': 'x' };
      await store().apply([transaction(11, [put({ ...key, note: 'base' }, 'pairs')])]);
      await harness().write({ operation: 'update', table: 'pairs', key, set: { note: 'mine' } });
      await store().apply([step(12, renameAll)]);
      expect(await harness().rows('couples')).toEqual([{ ...key, note: 'mine' }]);
      await store().apply([
        transaction(13, [put({ ...key, note: 'theirs' }, 'couples')], verdict((await pending())[0]!)),
      ]);
      expect(await harness().rows('couples')).toEqual([{ ...key, note: 'theirs' }]);
      expect(await store().summary()).toMatchObject({ pending: 0 });
    });

    it('(I2) a write that cannot be told any more is refused with the reason, by itself; the others stay', async () => {
      await live(item(1), item(2), item(3));
      await harness().write(update(1, { name: 'lost', amount: '2' }));
      await harness().write(update(2, { amount: '9' }));
      await harness().write(insert(8, { name: null }), deletion(3));
      await harness().write({
        operation: 'insert',
        table: 'pairs',
        row: { left_id: '1', 'right "id"': 'x', note: null },
      });
      const before = await pending();
      await store().apply([step(12, dropAll)]);
      expect((await pending()).map(({ txId }) => txId)).toEqual([before[1]!.txId, before[2]!.txId]);
      const rejected = await store().rejected();
      expect(rejected.map(({ txId, reason, changes }) => [txId, reason.code, reason.table, changes.length])).toEqual([
        [before[0]!.txId, 'schema-changed', 'items', 1],
        [before[3]!.txId, 'schema-changed', 'pairs', 1],
      ]);
      expect(rejected[0]).toMatchObject({ changes: [{ set: { name: 'lost', amount: '2' } }] });
      expect(await items()).toEqual([
        { id: uuid(1), amount: '1', version: '1' },
        { id: uuid(2), amount: '9', version: '2' },
        { id: uuid(8), amount: '5', version: '1' },
      ]);
      expect(await store().summary()).toMatchObject({ pending: 2, unsent: 2, rejected: 2 });
    });

    it('(I2) one that was refused here, and that the server had taken on its way, is not shown as refused any more', async () => {
      await live(item(1));
      await harness().write(update(1, { name: 'sent' }));
      const [mutation] = await pending();
      await store().apply([step(12, dropAll)]);
      expect(await store().summary()).toMatchObject({ pending: 0, rejected: 1 });
      const taken = await store().apply([transaction(14, [], verdict(mutation!))]);
      expect(taken).toMatchObject({ position: at(14), rejected: 0 });
    });

    it('what the server has answered stays until its ack, without what is gone', async () => {
      await live(item(1));
      await harness().write(update(1, { name: 'sent', amount: '2' }));
      const [mutation] = await pending();
      await store().answer([verdict(mutation!)]);
      await store().apply([step(12, dropAll)]);
      expect(await store().rejected()).toEqual([]);
      expect(await pending()).toMatchObject([{ txId: mutation!.txId, changes: [{ set: { amount: '2' } }] }]);
      expect(await items()).toEqual([{ id: uuid(1), amount: '2', version: '2' }]);
    });

    it('values are converted with it; one that has none in the new type is refused', async () => {
      await live(item(1, { name: '007' }), item(2, { name: '2' }));
      await harness().write(update(2, { name: '12' }));
      await harness().write(update(1, { name: 'no number' }));
      await store().apply([step(12, retypeName, put(item(5, { name: '5' })))]);
      expect(await pending()).toMatchObject([{ changes: [{ set: { name: '12' }, old: { name: '2' } }] }]);
      expect(await store().rejected()).toMatchObject([
        { reason: { code: 'schema-changed' }, changes: [{ set: { name: 'no number' } }] },
      ]);
      expect((await items()).map(({ name, version }) => [Number(name), version])).toEqual([
        [7, '1'],
        [12, '2'],
        [5, '1'],
      ]);
    });

    it('several in one transaction are taken together, there and back', async () => {
      await live(item(1), item(2));
      await harness().write(update(1, { name: 'mine' }));
      const steps = [up(addColor), down(addColor), up(renameAll)];
      const row = { id: uuid(2), title: 'theirs', amount: '1', version: '2' };
      const summary = await store().apply([{ ...transaction(12, [put(row)]), steps }]);
      expect(summary).toMatchObject({ position: at(12), schemaVersion: '2.0.0', pending: 1 });
      expect((await items()).map(({ title }) => title)).toEqual(['mine', 'theirs']);
      const wrong = [down(renameAll), up(renameAll), up(addColor)];
      const failing = store().apply([{ ...transaction(13, []), steps: wrong }]);
      await expect(failing).rejects.toMatchObject({
        code: 'migration-failed',
        message: expect.stringContaining(addColor.name),
      });
      expect(await store().summary()).toMatchObject({ position: at(12), schemaVersion: '2.0.0', pending: 1 });
      expect((await items()).map(({ title }) => title)).toEqual(['mine', 'theirs']);
    });

    it('of the version that is here is only noted', async () => {
      await live(item(1));
      await store().apply([step(12, addColor)]);
      await store().apply([step(14, addColor, put({ ...item(3), color: 'blue' }))]);
      expect(await store().summary()).toMatchObject({ position: at(14), schemaVersion: '1.1.0' });
      expect((await items()).map(({ color }) => color)).toEqual(['red', 'blue']);
      expect(await store().migrations()).toHaveLength(1);
    });

    it('that starts from another schema is not taken, and nothing of its transaction is', async () => {
      await live(item(1));
      const strange = { ...addColor, before: { ...conformanceSchema, version: '0.9.0' } };
      await expect(store().apply([step(12, strange, put(item(4)))])).rejects.toMatchObject({
        code: 'migration-failed',
      });
      expect(await store().summary()).toMatchObject({ position: at(10), schemaVersion: '1.0.0' });
      expect(await items()).toEqual([item(1)]);
    });

    it('can be taken back by the app, and be taken again; the cursor stays', async () => {
      await live(item(1));
      await store().apply([step(12, addColor, put({ ...item(2), color: 'blue' }))]);
      await harness().write({ operation: 'update', table: 'items', key: { id: uuid(1) }, set: { amount: '4' } });
      const back = await store().migrate(down(addColor), { byApp: true });
      expect(back).toMatchObject({ position: at(12), scope: 'scope-1', schemaVersion: '1.0.0', pending: 1 });
      expect(await items()).toEqual([item(1, { amount: '4', version: '2' }), item(2)]);
      expect(await store().migrations()).toMatchObject([{ direction: 'up', applied: false, error: null }]);
      const again = await store().migrate(up(addColor), { byApp: false });
      expect(again).toMatchObject({ position: at(12), scope: null, schemaVersion: '1.1.0', pending: 1 });
      expect((await items()).map(({ amount, color }) => [amount, color])).toEqual([
        ['4', 'red'],
        ['1', 'red'],
      ]);
      expect(await store().migrations()).toMatchObject([{ direction: 'up', applied: true }]);
    });

    it('[A4] a schema to which no step is known gives up the cursor and keeps the outbox, told as far as names go', async () => {
      await live(item(1));
      await harness().write(update(1, { amount: '3' }));
      await harness().write(update(1, { name: 'lost' }));
      await harness().write(insert(9, { name: null }));
      const summary = await store().adopt(dropAll.after);
      expect(summary).toMatchObject({ position: null, schemaVersion: '2.0.0', pending: 2, rejected: 1 });
      expect((await pending()).map(({ changes }) => changes[0]?.set)).toEqual([
        { amount: '3' },
        { id: uuid(9), amount: '5' },
      ]);
      expect(await items()).toEqual([{ id: uuid(9), amount: '5', version: '1' }]);
      expect((await harness().open()).schema().version).toBe('2.0.0');
    });
  });
}
