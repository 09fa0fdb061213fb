import { hasColumn, type PgText, type Row } from '@millrace/kernel';
import type { MutationChange } from '@millrace/sync-protocol';
import { literalDefault, type SchemaOp } from '@millrace/schema-compat';

/** A recorded change as it waits in the outbox. */
export interface QueuedChange extends MutationChange {
  /** What is shown of server-set columns until the server's values come; never sent. */
  readonly local: Row;
}

/** One change that has to be told in the words of another schema. */
export interface Told {
  readonly change: QueuedChange;
  /** The server has it already: what cannot be told any more is dropped from what is shown here, instead of keeping the change from being sent. */
  readonly answered: boolean;
}

/** Why a change cannot be told, for people. */
export interface Untold {
  readonly table: string;
  readonly column: string | null;
  readonly message: string;
}

export type Translated =
  | { readonly kind: 'told'; readonly change: QueuedChange }
  | { readonly kind: 'untold'; readonly reason: Untold };

type ChangeType = Extract<SchemaOp, { op: 'change-type' }>;

/** Converts values of a column as the migration does, by Postgres itself; `undefined` for one that it refuses. */
export type Convert = (op: ChangeType, values: readonly string[]) => Promise<readonly (PgText | undefined)[]>;

/**
 * Queued changes as the next schema has them, one by one and in their order [M3]. One that writes what is not there any more cannot be told: it must
 * not go up as something smaller than what was written (I2).
 */
export async function translateQueued(
  queued: readonly Told[],
  ops: readonly SchemaOp[],
  convert: Convert,
): Promise<readonly Translated[]> {
  let all: Translated[] = queued.map(({ change }) => ({ kind: 'told', change }));
  for (const op of ops) {
    if (op.op === 'change-type') all = await convertColumn(all, op, convert);
    else
      all = all.map((one, index) =>
        one.kind === 'told' ? tell(one.change, op, queued[index]?.answered ?? false) : one,
      );
  }
  return all;
}

function tell(change: QueuedChange, op: Exclude<SchemaOp, ChangeType>, answered: boolean): Translated {
  if (op.op === 'rename-table') return told(change.table === op.from ? { ...change, table: op.to } : change);
  if (op.op === 'drop-table') {
    if (change.table !== op.table.name) return told(change);
    return untold(change.table, null, `the table ${change.table} is not there any more`);
  }
  if (op.op === 'add-table' || change.table !== op.table) return told(change);
  switch (op.op) {
    case 'add-column':
      return told(withColumn(change, op));
    case 'drop-column':
      return withoutColumn(change, op, answered);
    case 'rename-column':
      return told(mapRows(change, (row) => renamed(row, op.from, op.to)));
    case 'tighten':
    case 'relax':
    case 'reread':
      return told(change);
  }
}

/** An insert that knows nothing of the column shows what rows that exist have there; what the server sets comes with its ack. */
function withColumn(change: QueuedChange, { column, value }: Extract<SchemaOp, { op: 'add-column' }>): QueuedChange {
  if (change.operation !== 'insert' || value === null) return change;
  return { ...change, local: { ...change.local, [column.name]: value } };
}

function withoutColumn(
  change: QueuedChange,
  { table, column }: Extract<SchemaOp, { op: 'drop-column' }>,
  answered: boolean,
): Translated {
  const { name } = column;
  if (hasColumn(change.key, name)) return untold(table, name, `${table} is not found by ${name} any more`);
  if (!answered && writes(change, name, literalDefault(column.default)))
    return untold(table, name, `the column ${name} of ${table} is not there any more`);
  return told(mapRows(change, (row) => without(row, name)));
}

/** An insert names every column: one that was left to its default says nothing of it. */
function writes({ operation, set }: QueuedChange, column: string, fallback: PgText): boolean {
  if (!hasColumn(set, column)) return false;
  return operation !== 'insert' || (set[column] !== null && set[column] !== fallback);
}

const ROWS = ['key', 'set', 'old', 'local'] as const;

/** All values of the column, in one go. */
async function convertColumn(all: readonly Translated[], op: ChangeType, convert: Convert): Promise<Translated[]> {
  if (op.sameText) return [...all];
  if (op.using === UNCONVERTIBLE) return all.map((one) => (one.kind === 'told' ? withoutConversion(one, op) : one));
  const values = new Set<string>();
  for (const one of all) for (const value of valuesOf(one, op)) values.add(value);
  if (values.size === 0) return [...all];
  const list = [...values];
  const converted = await convert(op, list);
  const byValue = new Map(list.map((value, index) => [value, converted[index]]));
  return all.map((one) => (one.kind === 'told' ? retyped(one, op, byValue) : one));
}

/** What a migration states for a conversion that a single value cannot be put through, such as one that reads other columns. */
const UNCONVERTIBLE = 'NULL';

/** A write of the column cannot be told; of others, its old value is not stated. */
function withoutConversion(one: Extract<Translated, { kind: 'told' }>, { table, column }: ChangeType): Translated {
  const { change } = one;
  if (change.table !== table) return one;
  const said = hasColumn(change.set, column) && (change.operation !== 'insert' || change.set[column] !== null);
  if (hasColumn(change.key, column) || said)
    return untold(table, column, `${table}.${column} was converted in a way that a single value cannot be`);
  return told({ ...change, old: without(change.old, column), local: without(change.local, column) });
}

function valuesOf(one: Translated, { table, column }: ChangeType): readonly string[] {
  if (one.kind === 'untold' || one.change.table !== table) return [];
  const { change } = one;
  return ROWS.flatMap((row) => {
    const value = hasColumn(change[row], column) ? change[row][column] : null;
    return typeof value === 'string' ? [value] : [];
  });
}

function retyped(
  one: Extract<Translated, { kind: 'told' }>,
  op: ChangeType,
  byValue: ReadonlyMap<string, PgText | undefined>,
): Translated {
  const { table, column, to } = op;
  const refused = valuesOf(one, op).some((value) => byValue.get(value) === undefined);
  if (refused) return untold(table, column, `a value of ${table}.${column} is no ${to}`);
  if (one.change.table !== table) return one;
  return told(
    mapRows(one.change, (row) => {
      const value = hasColumn(row, column) ? row[column] : null;
      return typeof value === 'string' ? { ...row, [column]: byValue.get(value) ?? null } : row;
    }),
  );
}

function mapRows(change: QueuedChange, map: (row: Row) => Row): QueuedChange {
  const { key, set, old, local } = change;
  return { ...change, key: map(key), set: map(set), old: map(old), local: map(local) };
}

function renamed(row: Row, from: string, to: string): Row {
  if (!hasColumn(row, from)) return row;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name === from ? to : name, value]));
}

function without(row: Row, column: string): Row {
  if (!hasColumn(row, column)) return row;
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== column));
}

function told(change: QueuedChange): Translated {
  return { kind: 'told', change };
}

function untold(table: string, column: string | null, message: string): Translated {
  return { kind: 'untold', reason: { table, column, message } };
}
