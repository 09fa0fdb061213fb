import { MIGRATION_TABLE, findEngineTable, schemaStepOf, type CapturedChange } from '@millrace/change-history';
import { LSN_ZERO, SyncError, type Lsn } from '@millrace/kernel';
import { schemaBehind } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { DecodedTransaction, DecoderOptions } from './decoder.js';
import { fillMark } from './fill-marks.js';
import type { FillRequest } from './fill-request.js';
import { PoisonError } from './poison.js';

export interface TransactionBegin {
  readonly xid: number;
  readonly commitLsn: Lsn;
  readonly commitTime: string;
}

/** The transaction that a decoder is in the midst of. What does not fit together is an error, never a guess [C9]. */
export interface OpenTransaction {
  readonly commitLsn: Lsn | null;
  /** In force for the changes that follow: a migration's row switches it [C3]. */
  readonly schema: SchemaMeta;
  begin(begin: TransactionBegin): void;
  add(change: CapturedChange): void;
  request(fill: FillRequest): void;
  describe(table: string, signature: string): void;
  /** Counts what a message costs to hold; nothing between transactions. */
  count(bytes: number): void;
  /** What has come of it so far, if that is as much as may be held; then it is no longer held here. Null: not yet. */
  cut(): DecodedTransaction | null;
  commit(commitLsn: Lsn, endLsn: Lsn): DecodedTransaction;
  /** Runs the decoding of one message; an error inside a transaction becomes one of that transaction. */
  guard<T>(payload: Uint8Array | null, decode: () => T): T;
  /** Runs the decoding of a message between begin and commit. In a transaction that is skipped its failure puts every table in doubt, and no more: null. */
  attempt<T>(decode: () => T): T | null;
  /** Whether a change of this table is to be left out, since its transaction is skipped; the table is remembered. */
  skips(table: string): boolean;
}

/** Bytes of messages of one transaction that are held together; as objects they are several times as large (Z2, F15). */
const PIECE_BYTES = 2 * 1024 * 1024;

interface Open extends TransactionBegin {
  changes: CapturedChange[];
  readonly skipped: 'rows' | 'all' | null;
  fills: FillRequest[] | null;
  signatures: Map<string, string> | null;
  /** Tables of what is skipped, or all of the schema. */
  readonly doubtful: Set<string>;
  bytes: number;
  /** Tables of the pieces that have been cut off. */
  readonly cutTables: Set<string>;
  wasCut: boolean;
}

export function createOpenTransaction(given: Pick<DecoderOptions, 'schema' | 'skips'>): OpenTransaction {
  const { skips } = given;
  let { schema } = given;
  let open: Open | null = null;

  const inTransaction = (): Open => {
    if (!open) throw new SyncError('decode-failed', 'a change outside any transaction');
    return open;
  };
  const doubtAll = ({ doubtful }: Open) => schema.tables.forEach(({ name }) => doubtful.add(name));

  return {
    get commitLsn() {
      return open?.commitLsn ?? null;
    },
    get schema() {
      return schema;
    },
    begin(begin) {
      if (open) throw new SyncError('decode-failed', 'a transaction begins inside another');
      const skipped = skips?.get(begin.commitLsn) ?? null;
      open = {
        ...begin,
        changes: [],
        skipped,
        fills: null,
        signatures: null,
        doubtful: new Set(),
        bytes: 0,
        cutTables: new Set(),
        wasCut: false,
      };
    },
    add(captured) {
      const change = withStep(captured);
      if (change.step) schema = schemaBehind(schema, change.step);
      inTransaction().changes.push(change);
    },
    request(fill) {
      (inTransaction().fills ??= []).push(fill);
    },
    describe(table, signature) {
      if (open) (open.signatures ??= new Map()).set(table, signature);
    },
    count(bytes) {
      if (open) open.bytes += bytes;
    },
    cut() {
      if (!open || open.bytes < PIECE_BYTES) return null;
      const piece = open.changes.length === 0 ? null : pieceOf(open, LSN_ZERO, open.wasCut ? 'middle' : 'first');
      open.changes.forEach(({ table }) => open?.cutTables.add(table));
      Object.assign(open, {
        changes: [],
        fills: null,
        signatures: null,
        bytes: 0,
        wasCut: open.wasCut || piece !== null,
      });
      return piece;
    },
    commit(commitLsn, endLsn) {
      const ended = inTransaction();
      if (commitLsn !== ended.commitLsn)
        throw new SyncError('decode-failed', 'a commit that is not of the transaction begun');
      open = null;
      const marks = [...ended.doubtful].sort().map((table) => fillMark(table, 'quarantined'));
      return pieceOf({ ...ended, changes: [...marks, ...ended.changes] }, endLsn, ended.wasCut ? 'last' : null);
    },
    guard(payload, decode) {
      try {
        return decode();
      } catch (error) {
        if (!open || !(error instanceof SyncError)) throw error;
        const { xid, commitLsn, changes, cutTables } = open;
        const tables = [...new Set([...cutTables, ...changes.map((each) => each.table)])];
        throw new PoisonError(error.code, error.message, {
          transaction: { xid, commitLsn, tables, payload },
          cause: error,
        });
      }
    },
    attempt(decode) {
      if (!open?.skipped) return decode();
      try {
        return decode();
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        doubtAll(open);
        return null;
      }
    },
    skips(table) {
      if (!open?.skipped) return false;
      if (findEngineTable(table)) return open.skipped === 'all';
      open.doubtful.add(table);
      return true;
    },
  };
}

/** A migration's row is read where it is met: what follows it has to be decoded by what it says. */
function withStep(change: CapturedChange): CapturedChange {
  if (change.table !== MIGRATION_TABLE || !change.newRow) return change;
  return { ...change, step: schemaStepOf(change.newRow) };
}

function pieceOf(open: Open, endLsn: Lsn, piece: DecodedTransaction['piece'] | null): DecodedTransaction {
  const { xid, commitLsn, commitTime, changes, fills, signatures, bytes } = open;
  return {
    xid,
    commitLsn,
    endLsn,
    commitTime,
    changes,
    ...(fills && { fills }),
    ...(signatures && { signatures }),
    bytes,
    ...(piece && { piece }),
  };
}

/** For a message above the limit of what is fetched at all [C6]. */
export function refuseMessage(bytes: number): never {
  throw new SyncError('limit-exceeded', `a change of ${bytes} bytes is above the limit and cannot be synced [C6]`);
}
