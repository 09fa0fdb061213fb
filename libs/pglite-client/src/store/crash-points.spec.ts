import { silentLogger, systemClock, systemRandom } from '@millrace/kernel';
import type { ClientStore } from '../core/ports/client-store.js';
import { addColor, dropAll } from '../testing/conformance-migrations.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import {
  at,
  conflict,
  EPOCH,
  item,
  patch,
  put,
  remove,
  transaction,
  uuid,
  verdict,
  wholeHydration,
} from '../testing/conformance/client-store-world.js';
import { emptyHydration } from '../testing/empty-hydration.js';
import { pgliteRows } from '../testing/pglite-rows.js';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { pgliteConnection } from './pglite-connection.js';
import { pgliteStore } from './pglite-store.js';

/** Statements run so far, and the one at which the process dies. */
interface Failpoint {
  count: number;
  at: number;
}

/** By which the store's statements go, inside its transactions. */
const OF_THE_DATABASE = new Set<string | symbol>(['execProtocolStream']);
const OF_A_TRANSACTION = new Set<string | symbol>(['query', 'exec']);

/** A PGlite whose n-th statement inside a transaction never happens, nor any after it. */
function mortal(pg: LocalPostgres, failpoint: Failpoint): LocalPostgres {
  const guard = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get: (_target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        const run = value.bind(target) as (...args: unknown[]) => unknown;
        if (name === 'transaction')
          return (work: (tx: object) => Promise<unknown>) => run((tx: object) => work(guard(tx)));
        if (!(target === pg ? OF_THE_DATABASE : OF_A_TRANSACTION).has(name)) return run;
        return (...args: unknown[]) => {
          failpoint.count += 1;
          if (failpoint.count === failpoint.at) return Promise.reject(new Error('killed'));
          return run(...args);
        };
      },
    });
  return guard(pg);
}

describe('(F53, F54) a kill between any two statements', () => {
  let pg: LocalPostgres;
  let store: ClientStore;
  const failpoint: Failpoint = { count: 0, at: 0 };
  const open = async (target: LocalPostgres) => {
    const opened = pgliteStore({
      pg: target,
      schema: conformanceSchema,
      newClientId: systemRandom.uuid(),
      logger: silentLogger,
      clock: systemClock,
    });
    await opened.open();
    return opened;
  };

  /** Everything that is durable, as text. */
  async function content(): Promise<string> {
    const sql = pgliteConnection(pg);
    const { rows } = await sql.query(`select tablename as name from pg_tables where schemaname = 'public' order by 1`);
    const tables = [
      ...rows.map(({ name }) => String(name)),
      'sync.state',
      'sync.client_mutation',
      'sync.client_changes',
      'sync.base_row',
      'sync.rejected',
      'sync.table_state',
    ];
    const parts: unknown[] = [];
    for (const table of tables)
      parts.push([table, (await sql.query(`select t::text as row from ${table} t order by 1`)).rows]);
    return JSON.stringify(parts);
  }

  beforeAll(async () => {
    pg = await openPGlite();
  });
  afterAll(() => pg.close());

  beforeEach(async () => {
    await pg.exec('drop schema if exists sync cascade; drop schema public cascade; create schema public');
    store = await open(pg);
    await store.registered(EPOCH);
    await store.hydrate(emptyHydration(10));
    await store.apply([transaction(12, [put(item(1)), put(item(2)), put(item(3))])]);
    await pg.query('update items set name = $1 where id = $2', ['mine', uuid(1)]);
    await pg.query('delete from items where id = $1', [uuid(2)]);
    await pg.query('update items set id = $1 where id = $2', [uuid(9), uuid(3)]);
  });

  const operations: Readonly<
    Record<string, (mortalStore: ClientStore, acks: ReturnType<typeof verdict>[]) => Promise<unknown>>
  > = {
    'apply with acks and re-base': (target, acks) =>
      target.apply([
        transaction(13, [
          patch(1, { amount: '5', version: '2' }),
          patch(3, { amount: '6', version: '2' }),
          put(item(4)),
        ]),
        transaction(14, [patch(1, { name: 'mine', version: '3' })], acks[0]),
        transaction(15, [remove(4)], { ...acks[1]!, verdict: 'rejected', reason: { code: 'gone', message: 'gone' } }),
      ]),
    'hydrate beside rows in use': async (target, acks) => {
      const rows = { items: [item(1), item(2, { amount: '7' }), item(5)] };
      const tail = [transaction(29, [patch(1, { name: 'mine', version: '2' })], acks[0])];
      return target.hydrate(await wholeHydration(pgliteRows(pg), rows, { seq: 30, tail }));
    },
    'hydrate for the first time': async (target) => {
      const rows = { items: [item(1), item(2, { amount: '7' }), item(5)] };
      return target.hydrate(await wholeHydration(pgliteRows(pg), rows, { seq: 30 }));
    },
    '(F73) apply with a migration and its changes': (target, acks) =>
      target.apply([
        {
          ...transaction(13, [put({ ...item(4), color: 'blue' }), put({ id: uuid(7), label: 'new' }, 'tags')], acks[0]),
          steps: [{ migration: addColor, direction: 'up' }],
        },
      ]),
    'adopt another schema': (target) => target.adopt(dropAll.after),
    settle: (target, acks) => target.settle(acks),
    answer: (target, acks) => target.answer(acks),
    reconcile: (target, acks) => target.reconcile(conflict(7, [acks[0]!])),
  };

  it.each(Object.keys(operations))('%s: all of it or nothing, and it can be done again', async (name) => {
    const operation = operations[name]!;
    const acks = (await store.pending()).map((mutation) => verdict(mutation));
    if (name === 'hydrate for the first time')
      await pg.exec('update sync.state set epoch = null, seq = null, chain = null');
    const before = await content();
    failpoint.at = 0;
    const mortalStore = await open(mortal(pg, failpoint));
    for (failpoint.at = 1; ; failpoint.at += 1) {
      failpoint.count = 0;
      const killed = await operation(mortalStore, acks).then(
        () => false,
        () => true,
      );
      if (!killed) break;
      expect(await content()).toBe(before);
    }
    expect(failpoint.at).toBeGreaterThan(2);
    expect(await content()).not.toBe(before);
    if (name.startsWith('hydrate')) expect((await store.summary()).position).toEqual(at(30));
  });
});
