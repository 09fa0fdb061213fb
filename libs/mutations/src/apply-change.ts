import { applyPatch, assert, errorText, unreachable, type Row, type SqlConnection } from '@millrace/kernel';
import type { TableMeta } from '@millrace/schema-meta';
import { matches } from '@millrace/sync-rules';
import { deleteRow, findKey, insertRow, lockRow, updateRow, type Statement } from './change-sql.js';
import type { CheckedChange } from './check-change.js';
import type { MutationContext } from './context.js';
import { decide, reject } from './decide.js';
import { Rejection, type VerdictReason } from './reason.js';
import { SERVER_ERROR } from './verdict-of-sql-error.js';

/**
 * Carries out one change: authorise the old and the new row, apply the policy, validate, write [W3]. Returns what was merged, null for nothing.
 * Throws {@link Rejection}, or what the database says.
 */
export async function applyChange(
  sql: SqlConnection,
  change: CheckedChange,
  context: MutationContext,
): Promise<VerdictReason | null> {
  if (change.table.write === null) throw forbidden(change.table);
  const current = await lockCurrent(sql, change, context);
  if (current) authoriseOld(change.table, current, context);
  const decision = decide(change, current);
  switch (decision.kind) {
    case 'reject':
      throw new Rejection(decision.reason);
    case 'keep':
      return decision.merged;
    case 'delete':
      await expectOne(change.table, sql.query(...args(deleteRow(change.table, change.key))));
      return null;
    case 'write':
      await write(sql, { change, current, set: decision.set }, context);
      return decision.merged;
    default:
      return unreachable(decision);
  }
}

/** For an insert nothing can be locked yet: whether its key is free shows when it is written. */
async function lockCurrent(sql: SqlConnection, change: CheckedChange, context: MutationContext): Promise<Row | null> {
  if (change.operation === 'insert') return null;
  const strength = change.operation === 'delete' ? 'for update' : 'for no key update';
  const { rows } = await sql.query(...args(lockRow(change.table, change.key, context.principal.claims, strength)));
  return rows[0] ?? null;
}

interface Write {
  readonly change: CheckedChange;
  readonly current: Row | null;
  readonly set: Row;
}

/**
 * The new row is authorised twice. Before the write, as far as it is known: so that a forbidden write never reaches a unique index or a foreign
 * key, whose answer would tell about other tenants' rows (X28). After it, as it is stored, with defaults and triggers (X5).
 */
async function write(sql: SqlConnection, { change, current, set }: Write, context: MutationContext): Promise<void> {
  const { table } = change;
  const proposed = current ? applyPatch(current, set) : set;
  if (inOwnScope(table, proposed, context) === false) throw forbidden(table);
  validate(table, proposed, Object.keys(set), context);
  const stored = current ? await update(sql, change, set) : await insert(sql, change, set);
  if (inOwnScope(table, stored, context) !== true) throw forbidden(table);
}

async function insert(sql: SqlConnection, { table, key }: CheckedChange, set: Row): Promise<Row> {
  const { rows } = await sql.query(...args(insertRow(table, set)));
  if (rows[0]) return rows[0];
  const { rowCount } = await sql.query(...args(findKey(table, key)));
  throw rowCount > 0 ? new Rejection(reject(table, 'exists').reason) : swallowed(table);
}

async function update(sql: SqlConnection, { table, key }: CheckedChange, set: Row): Promise<Row> {
  const { rows } = await expectOne(table, sql.query(...args(updateRow(table, key, set))));
  return rows[0] as Row;
}

/** The row is locked and there: none affected means that a trigger swallowed the write, which nobody may take for done (I2). */
async function expectOne<Result extends { readonly rowCount: number }>(
  table: TableMeta,
  pending: Promise<Result>,
): Promise<Result> {
  const result = await pending;
  assert(result.rowCount <= 1, () => `${table.name}: one key, ${result.rowCount} rows`);
  if (result.rowCount === 0) throw swallowed(table);
  return result;
}

function swallowed(table: TableMeta): Rejection {
  return new Rejection({ code: 'raised', message: 'A rule of the database refused the write.', table: table.name });
}

function authoriseOld(table: TableMeta, row: Row, { principal }: MutationContext): void {
  if (table.write === null || matches(table.write, row, principal.claims) !== true) throw forbidden(table);
}

/** A row that its writer could not see afterwards is refused too: no rule grants leaving one's own scope [W7]. */
function inOwnScope(table: TableMeta, row: Row, { principal }: MutationContext): boolean | 'unknown' {
  if (table.write === null) return false;
  const verdicts = [matches(table.write, row, principal.claims), matches(table.read, row, principal.claims)];
  if (verdicts.includes(false)) return false;
  return verdicts.includes('unknown') ? 'unknown' : true;
}

function validate(table: TableMeta, row: Row, changed: readonly string[], context: MutationContext): void {
  const issues = issuesOf(table, row, changed, context);
  if (issues.length === 0) return;
  const columns = [...new Set(issues.map((issue) => issue.column))];
  throw new Rejection({
    code: 'validation',
    message: issues.map((issue) => issue.message).join('; '),
    table: table.name,
    columns,
  });
}

/** A validator that fails is the app's fault, and must not block its client's queue for ever (F65). */
function issuesOf(table: TableMeta, row: Row, changed: readonly string[], { validators, logger }: MutationContext) {
  try {
    return validators.validate(table.name, row, changed);
  } catch (error) {
    logger.error('a validator failed', { table: table.name, error: errorText(error) });
    throw new Rejection(SERVER_ERROR);
  }
}

function forbidden(table: TableMeta): Rejection {
  return new Rejection({ code: 'forbidden', message: 'You may not write this row.', table: table.name });
}

function args({ sql, params }: Statement): [string, Statement['params']] {
  return [sql, params];
}
