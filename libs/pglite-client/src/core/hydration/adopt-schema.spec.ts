import type { SchemaStep } from '@millrace/schema-compat';
import type { SchemaAnswer } from '@millrace/sync-protocol';
import { recordingLogger, seededRandom } from '@millrace/testing';
import { addColor, dropAll, renameAll } from '../../testing/conformance-migrations.js';
import { conformanceSchema } from '../../testing/conformance-schema.js';
import { at, EPOCH, item, put, transaction, update, uuid } from '../../testing/conformance/client-store-world.js';
import { emptyFakeHydration } from '../../testing/empty-hydration.js';
import { fakeClientStore } from '../../testing/fake-client-store.js';
import { fakeDatabase } from '../../testing/fake-database.js';
import { scriptedTransport } from '../../testing/scripted-transport.js';
import { adoptSchema } from './adopt-schema.js';

const up = (migration: SchemaStep['migration']): SchemaStep => ({ migration, direction: 'up' });

describe('adopting the schema in force', () => {
  function world() {
    const store = fakeClientStore(fakeDatabase(conformanceSchema, uuid(1)), { random: seededRandom(1) });
    const transport = scriptedTransport();
    const asked: unknown[] = [];
    const answers = (answer: SchemaAnswer) => {
      transport.onSchema = (question) => {
        asked.push(question);
        return answer;
      };
    };
    const logger = recordingLogger();
    const ports = { store, transport, logger, appVersion: '1.0.0', token: () => Promise.resolve('token') };
    return {
      store,
      transport,
      asked,
      answers,
      adopt: (how: 'must' | 'if-it-fits' = 'must') => adoptSchema(ports, new AbortController().signal, how),
    };
  }

  /** With a row, and a write over it. */
  async function used() {
    const all = world();
    await all.store.registered(EPOCH);
    await all.store.hydrate(emptyFakeHydration(10));
    await all.store.apply([transaction(11, [put(item(1)), put(item(2))])]);
    await all.store.write([update(1, { name: 'mine' })]);
    return all;
  }

  it('a database without rows is made by it, whatever led to it', async () => {
    const { store, answers, adopt, asked } = world();
    answers({ schema: addColor.after, inForce: '1.1.0', fit: 'must-migrate' });
    await adopt();
    expect(asked).toEqual([{ tables: '1.0.0', app: '1.0.0' }]);
    expect(store.schema()).toEqual(addColor.after);
  });

  it('one with rows takes the steps to it, and keeps rows, cursor and queued writes', async () => {
    const { store, transport, answers, adopt } = await used();
    answers({ schema: renameAll.after, inForce: '2.0.0', fit: 'must-migrate' });
    transport.onMigrations = () => ({ state: 'known', inForce: '2.0.0', steps: [{ ...up(renameAll) }] });
    await adopt();
    expect(await store.summary()).toMatchObject({ position: at(11), scope: null, schemaVersion: '2.0.0', pending: 1 });
    expect(store.rows('items').map(({ title }) => title)).toEqual(['mine', 'item 2']);
  });

  it.each<[string, SchemaAnswer, readonly SchemaStep[] | 'unknown']>([
    ['no steps are known', { schema: dropAll.after, inForce: '2.0.0', fit: 'must-resync' }, 'unknown'],
    ['the steps lead elsewhere', { schema: dropAll.after, inForce: '2.0.0', fit: 'must-migrate' }, [up(addColor)]],
    [
      'a step fails',
      { schema: dropAll.after, inForce: '2.0.0', fit: 'must-migrate' },
      [up({ ...dropAll, before: addColor.after })],
    ],
  ])('(I2) if %s, tables are made anew, and a write that cannot be told is refused', async (_what, answer, steps) => {
    const { store, transport, answers, adopt } = await used();
    answers(answer);
    transport.onMigrations = () =>
      steps === 'unknown'
        ? { state: 'unknown', inForce: '2.0.0' }
        : { state: 'known', inForce: '2.0.0', steps: steps.map((step) => ({ ...step })) };
    await adopt();
    expect(await store.summary()).toMatchObject({ position: null, schemaVersion: '2.0.0', pending: 0, rejected: 1 });
    expect(await store.rejected()).toMatchObject([{ reason: { code: 'schema-changed' } }]);
  });

  it('is not for an app that it would break: everything stays', async () => {
    const { store, answers, adopt } = await used();
    answers({ schema: dropAll.after, inForce: '2.0.0', fit: 'must-update-app' });
    await adopt('if-it-fits');
    await expect(adopt()).rejects.toMatchObject({ code: 'schema-unknown', message: expect.stringContaining('2.0.0') });
    expect(await store.summary()).toMatchObject({ position: at(11), schemaVersion: '1.0.0', pending: 1 });
  });

  it('a server that knows our schema and cannot tell its rows in it is asked again later', async () => {
    const { answers, adopt } = await used();
    answers({ schema: addColor.after, inForce: '1.1.0', fit: 'translate' });
    await expect(adopt()).rejects.toMatchObject({ code: 'snapshot-failed', retry: 'backoff' });
    answers({ schema: conformanceSchema, inForce: '1.0.0', fit: 'same' });
    await expect(adopt()).rejects.toMatchObject({ code: 'snapshot-failed' });
    await adopt('if-it-fits');
  });
});
