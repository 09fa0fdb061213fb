export { type SnapshotPart } from './format/snapshot-part.js';
export { decodeSnapshot } from './format/decode-snapshot.js';
export { encodeSnapshot } from './format/encode-snapshot.js';
export { streamSnapshot, type StreamSnapshotOptions } from './server/stream-snapshot.js';
export { hashTable, TABLE_HASH_ALGORITHM, tableHashSql, type TableHash } from './table-hash.js';
