import { setColumn, type CapturedChange } from '@millrace/change-history';
import { SyncError, emptyRow, hasColumn, type Lsn, type Row } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { DecodedTransaction, Decoder, DecoderOptions } from '../decoder.js';
import { FILL_PREFIX, decodeFillRequest } from '../fill-request.js';
import { createOpenTransaction, refuseMessage } from '../open-transaction.js';
import { ByteReader } from './byte-reader.js';
import { commitTimeText } from './commit-time.js';
import { planOf, readRelation, signatureOf, type Relation, type RelationPlan } from './relation.js';
import { readTuple, type Tuple } from './tuple.js';

/** Turns the messages of one replication session of `pgoutput`, protocol version 1, into transactions. */
export function createPgoutputDecoder({ schema, reportUnknown, redescribed, ...options }: DecoderOptions): Decoder {
  const relations = new Map<number, PlannedRelation>();
  const transaction = createOpenTransaction({ schema, ...options });

  const relationOf = (reader: ByteReader): RelationPlan | null => {
    const id = reader.uint32();
    const known = relations.get(id);
    if (known === undefined)
      throw new SyncError('decode-failed', `a change of relation ${id}, which was never described`);
    return known.schema === transaction.schema ? known.plan : plan(known.relation).plan;
  };

  /** Postgres describes a relation again when it was altered, and not when only its place in the schema is another one. */
  const plan = (relation: Relation): PlannedRelation => {
    const { schema: inForce } = transaction;
    const planned = { relation, schema: inForce, plan: planOf(relation, inForce, reportUnknown) };
    relations.set(relation.id, planned);
    return planned;
  };

  const begin = (reader: ByteReader): void => {
    const commitLsn = reader.lsn();
    const commitTime = commitTimeText(reader.int64());
    transaction.begin({ xid: reader.uint32(), commitLsn, commitTime });
    reader.end();
  };

  const commit = (reader: ByteReader): DecodedTransaction => {
    reader.skip(1); // flags, unused
    const commitLsn = reader.lsn();
    const endLsn = reader.lsn();
    reader.skip(8); // the commit time again
    reader.end();
    return transaction.commit(commitLsn, endLsn);
  };

  const change = (tag: number, reader: ByteReader, recordLsn: Lsn): void => {
    const plan = relationOf(reader);
    if (!plan || (plan.insertsOnly && tag !== TAG.insert) || transaction.skips(plan.table)) return;
    if (tag === TAG.insert) transaction.add(readInsert(reader, plan, recordLsn));
    else if (tag === TAG.update) transaction.add(readUpdate(reader, plan, recordLsn));
    else transaction.add(readDelete(reader, plan, recordLsn));
    reader.end();
  };

  const truncate = (reader: ByteReader, recordLsn: Lsn): void => {
    const count = reader.uint32();
    reader.skip(1); // CASCADE and RESTART IDENTITY: each table it reached is listed
    for (let left = count; left > 0; left--) {
      const plan = relationOf(reader);
      if (plan && !plan.insertsOnly && !transaction.skips(plan.table))
        transaction.add(changeOf(plan, 'truncate', { recordLsn }));
    }
    reader.end();
  };

  const relation = (reader: ByteReader): void => {
    const described = readRelation(reader);
    reader.end();
    if (relations.has(described.id)) redescribed?.();
    const signature = signatureOf(described, transaction.schema);
    if (plan(described).plan && signature !== null) transaction.describe(described.table, signature);
  };

  /** Everybody may write logical messages; those that ask for a fill are ours. */
  const message = (reader: ByteReader): void => {
    reader.skip(9); // flags and address
    if (reader.cString() !== FILL_PREFIX) return;
    transaction.request(decodeFillRequest(reader.text(reader.uint32())));
    reader.end();
  };

  const body = (tag: number, reader: ByteReader, recordLsn: Lsn): void => {
    switch (tag) {
      case TAG.insert:
      case TAG.update:
      case TAG.delete:
        return change(tag, reader, recordLsn);
      case TAG.truncate:
        return truncate(reader, recordLsn);
      case TAG.relation:
        return relation(reader);
      case TAG.message:
        return message(reader);
      case TAG.type:
      case TAG.origin:
        return;
      default:
        throw new SyncError('decode-failed', `a replication message of unknown kind ${tag}`);
    }
  };

  const decode = (payload: Uint8Array, recordLsn: Lsn): DecodedTransaction | null => {
    const reader = new ByteReader(payload);
    const tag = reader.uint8();
    if (tag !== TAG.message) transaction.count(payload.length);
    if (tag === TAG.commit) return commit(reader);
    if (tag === TAG.begin) begin(reader);
    else transaction.attempt(() => body(tag, reader, recordLsn));
    return transaction.cut();
  };

  /** The relation is named at the very beginning of a change. */
  const refuse = (bytes: number, head: Uint8Array): void => {
    const reader = new ByteReader(head);
    if (reader.uint8() === TAG.message) return;
    const plan = relationOf(reader);
    if (plan && !transaction.skips(plan.table)) refuseMessage(bytes);
  };

  return {
    decode: (payload, recordLsn) => transaction.guard(payload, () => decode(payload, recordLsn)),
    refuse: (bytes, head) => transaction.guard(null, () => transaction.attempt(() => refuse(bytes, head))),
    get openTransaction() {
      return transaction.commitLsn;
    },
  };
}

interface PlannedRelation {
  readonly relation: Relation;
  /** That the plan was made by. */
  readonly schema: SchemaMeta;
  readonly plan: RelationPlan | null;
}

const TAG = {
  begin: 0x42, // B
  commit: 0x43, // C
  delete: 0x44, // D
  insert: 0x49, // I
  message: 0x4d, // M
  origin: 0x4f, // O
  relation: 0x52, // R
  truncate: 0x54, // T
  update: 0x55, // U
  type: 0x59, // Y
} as const;

const NEW_TUPLE = 0x4e; // N
const OLD_TUPLE = 0x4f; // O
const KEY_TUPLE = 0x4b; // K
const NONE: readonly string[] = [];

function readInsert(reader: ByteReader, plan: RelationPlan, recordLsn: Lsn): CapturedChange {
  expectTag(reader.uint8(), NEW_TUPLE, plan);
  return changeOf(plan, 'insert', { newRow: readTuple(reader, plan).row, recordLsn });
}

function readUpdate(reader: ByteReader, plan: RelationPlan, recordLsn: Lsn): CapturedChange {
  const tag = reader.uint8();
  const old = tag === NEW_TUPLE ? null : readOld(tag, reader, plan);
  if (old) expectTag(reader.uint8(), NEW_TUPLE, plan);
  const next = readTuple(reader, plan);
  const oldRow = old?.row ?? keyColumns(next.row, plan);
  mergeUnchanged(next, oldRow);
  return changeOf(plan, 'update', { newRow: next.row, oldRow, unchangedToast: next.unchangedToast, recordLsn });
}

function readDelete(reader: ByteReader, plan: RelationPlan, recordLsn: Lsn): CapturedChange {
  return changeOf(plan, 'delete', { oldRow: readOld(reader.uint8(), reader, plan).row, recordLsn });
}

function readOld(tag: number, reader: ByteReader, plan: RelationPlan): Tuple {
  if (tag === OLD_TUPLE) return readTuple(reader, plan);
  expectTag(tag, KEY_TUPLE, plan);
  return readTuple(reader, plan, true);
}

/** Without an old tuple the replica identity has not changed: its columns are the old row as far as it is known. */
function keyColumns(row: Row, plan: RelationPlan): Row {
  const key = emptyRow();
  plan.columns.forEach((column, index) => {
    if (column !== null && plan.inKey[index] && hasColumn(row, column))
      setColumn(key, column, row[column] as string | null);
  });
  return key;
}

/** Under REPLICA IDENTITY FULL the old tuple holds the TOASTed value that the new one left out [C4]. */
function mergeUnchanged(next: Tuple, oldRow: Row): void {
  for (const column of next.unchangedToast) {
    if (hasColumn(oldRow, column)) setColumn(next.row, column, oldRow[column] as string | null);
  }
}

function changeOf(
  plan: RelationPlan,
  operation: CapturedChange['operation'],
  parts: Partial<CapturedChange>,
): CapturedChange {
  return {
    table: plan.table,
    operation,
    newRow: parts.newRow ?? null,
    oldRow: parts.oldRow ?? null,
    unchangedToast: parts.unchangedToast ?? NONE,
    recordLsn: parts.recordLsn ?? null,
  };
}

function expectTag(tag: number, wanted: number, plan: RelationPlan): void {
  if (tag !== wanted)
    throw new SyncError('decode-failed', `${plan.table}: a tuple of kind ${tag} where ${wanted} belongs`);
}
