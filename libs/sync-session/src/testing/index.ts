export { at, entry, EPOCH, transaction } from './fixture.js';
