export { fakeDatabase, type FakeContent, type FakeDatabase } from './fake-database.js';
export { fakeClientStore, type FakeClientStore, type FakeClientStoreOptions } from './fake-client-store.js';
export { decodeFakeRows, encodeFakeRows } from './fake-rows.js';
export { fakeTableHash } from './fake-table-hash.js';
export { type LocalWrite } from './local-write.js';
