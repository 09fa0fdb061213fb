import { setColumn } from '@millrace/change-history';
import { SyncError, emptyRow, type PgText } from '@millrace/kernel';
import { LIMITS } from '@millrace/sync-protocol';
import type { ByteReader } from './byte-reader.js';
import type { RelationPlan } from './relation.js';

export interface Tuple {
  readonly row: Record<string, PgText>;
  /** Kept columns that Postgres did not send, since their TOASTed value has not changed. */
  readonly unchangedToast: readonly string[];
}

const NONE: readonly string[] = [];
const NULL = 0x6e; // n
const UNCHANGED = 0x75; // u
const TEXT = 0x74; // t

/** Reads one tuple. `keyOnly`: it is a `K` tuple, whose columns outside the key are filler and are left out, since absent is not null [C4]. */
export function readTuple(reader: ByteReader, plan: RelationPlan, keyOnly = false): Tuple {
  const count = reader.uint16();
  if (count !== plan.columns.length) {
    throw new SyncError(
      'decode-failed',
      `${plan.table}: a tuple of ${count} columns where its relation has ${plan.columns.length}`,
    );
  }
  const row = emptyRow();
  let unchanged: string[] | null = null;
  let budget = LIMITS.rowChars;
  for (let index = 0; index < count; index++) {
    const column = keyOnly && !plan.inKey[index] ? null : (plan.columns[index] as string | null);
    const kind = reader.uint8();
    if (kind === TEXT) {
      const length = reader.uint32();
      if (column === null) {
        reader.skip(length);
        continue;
      }
      budget -= length;
      if (budget < 0) throw rowTooLarge(plan.table);
      setColumn(row, column, reader.text(length));
    } else if (kind === NULL) {
      if (column !== null) setColumn(row, column, null);
    } else if (kind === UNCHANGED) {
      if (column !== null) (unchanged ??= []).push(column);
    } else {
      throw new SyncError('decode-failed', `${plan.table}: a value of unknown kind ${kind}`);
    }
  }
  return { row, unchangedToast: unchanged ?? NONE };
}

function rowTooLarge(table: string): SyncError {
  return new SyncError('limit-exceeded', `${table}: a row above ${LIMITS.rowChars} bytes cannot be synced [C6]`);
}
