import { systemRandom } from '@millrace/kernel';
import { knownTable } from '../core/fold-changes.js';
import { conformanceSchema } from './conformance-schema.js';
import { describeClientStore } from './conformance/client-store.js';
import { fakeClientStore, type FakeClientStore } from './fake-client-store.js';
import { fakeDatabase } from './fake-database.js';
import { encodeFakeRows } from './fake-rows.js';
import { fakeTableHash } from './fake-table-hash.js';

describeClientStore('fake', async () => {
  const database = fakeDatabase(conformanceSchema, systemRandom.uuid());
  let store: FakeClientStore | null = null;
  const current = () => (store ??= fakeClientStore(database, { random: systemRandom }));
  return {
    open: async () => {
      store?.crash();
      store = fakeClientStore(database, { random: systemRandom });
      await store.open();
      return store;
    },
    write: async (...writes) => {
      await current().write(writes);
    },
    rows: async (table) => current().rows(table),
    encodeRows: async (_table, rows) => encodeFakeRows(rows),
    hashRows: async (table, rows) => fakeTableHash(knownTable(conformanceSchema, table), rows),
  };
});
