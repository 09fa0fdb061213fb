export { at, entry, EPOCH, migrated, transaction } from './fixture.js';
