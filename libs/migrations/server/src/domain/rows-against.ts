import type { SchemaOp } from '@millrace/schema-compat';
import { quoteIdent, quoteTable } from '@millrace/schema-meta';
import type { ClientBase } from 'pg';

/** Rows that keep a step from being taken, by column. */
export interface RowsAgainst {
  readonly table: string;
  readonly column: string | null;
  readonly rows: number;
  /** What is wrong with them: `are null`. */
  readonly what: string;
}

/**
 * Counts the rows that stand against a step, op by op, on the tables as they are before it. What can't be counted is left out: Postgres has said by then
 * that it does not work.
 */
export async function rowsAgainst(client: ClientBase, ops: readonly SchemaOp[]): Promise<readonly RowsAgainst[]> {
  const found: RowsAgainst[] = [];
  for (const [index, op] of ops.entries()) {
    const question = questionOf(op, ops.slice(0, index));
    const rows = question ? await count(client, question) : 0;
    if (question && rows > 0) found.push({ table: question.table, column: question.column, rows, what: question.what });
  }
  return found;
}

interface Question {
  readonly table: string;
  readonly column: string | null;
  readonly what: string;
  /** Made beforehand. */
  readonly helper: string | null;
  readonly condition: string;
}

/** `earlier`: the ops before it, through which its names lead back to those of now. */
function questionOf(op: SchemaOp, earlier: readonly SchemaOp[]): Question | null {
  switch (op.op) {
    case 'tighten':
      return ruleQuestion(op, earlier);
    case 'change-type': {
      if (op.using === 'NULL') return null;
      const place = namesNow(op.table, op.column, earlier);
      const value = quoteIdent(op.column);
      return {
        ...place,
        what: `hold a value that is no ${op.to}`,
        helper: `create function pg_temp.millrace_fits(${value} ${op.clientFrom}) returns boolean language plpgsql as $fits$
          declare outcome ${op.clientTo}; begin outcome := ${op.using ?? value}; return true; exception when others then return false; end $fits$`,
        condition: `not pg_temp.millrace_fits(${quoteIdent(place.column)}${op.clientFrom === op.from ? '' : `::${op.clientFrom}`})`,
      };
    }
    case 'add-column': {
      if (op.column.nullable || op.column.default !== null || op.value !== null) return null;
      const { table } = namesNow(op.table, op.column.name, earlier);
      return {
        table,
        column: null,
        what: `would have nothing in ${op.column.name}, which must not be null`,
        helper: null,
        condition: 'true',
      };
    }
    default:
      return null;
  }
}

function ruleQuestion(op: Extract<SchemaOp, { op: 'tighten' }>, earlier: readonly SchemaOp[]): Question | null {
  const place = namesNow(op.table, op.column ?? '', earlier);
  const column = quoteIdent(place.column);
  const ask = (what: string, condition: string): Question => ({
    ...place,
    column: op.column === null ? null : place.column,
    what,
    helper: null,
    condition,
  });
  if (op.rule === 'not null') return ask('are null', `${column} is null`);
  const label = /^not ('.*')$/.exec(op.rule)?.[1];
  if (label !== undefined) return ask(`hold ${label}`, `${column}::text = ${label}`);
  const check = /^CHECK (\(.*\))$/s.exec(op.rule)?.[1];
  if (check !== undefined) return ask(`break the rule ${op.rule}`, `not ${check}`);
  const unique = /^UNIQUE \(([^()]*)\)$/.exec(op.rule)?.[1];
  if (unique === undefined) return null;
  return ask(
    `are not the only ones of their ${unique}`,
    `(${unique}) in (select ${unique} from ${quoteTable(place.table)} group by ${unique} having count(*) > 1)`,
  );
}

function namesNow(table: string, column: string, earlier: readonly SchemaOp[]): { table: string; column: string } {
  const names = { table, column };
  for (const op of [...earlier].reverse()) {
    if (op.op === 'rename-column' && op.table === names.table && op.to === names.column) names.column = op.from;
    if (op.op === 'rename-table' && op.to === names.table) names.table = op.from;
  }
  return names;
}

async function count(client: ClientBase, { table, helper, condition }: Question): Promise<number> {
  await client.query('begin');
  try {
    if (helper !== null) await client.query(helper);
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from ${quoteTable(table)} where ${condition}`,
    );
    return rows[0]?.n ?? 0;
  } catch {
    return 0;
  } finally {
    await client.query('rollback');
  }
}

/** `invoices.size: 3 rows are null` for each. */
export function describeRows(found: readonly RowsAgainst[]): string {
  return found
    .map(
      ({ table, column, rows, what }) =>
        `${table}${column === null ? '' : `.${column}`}: ${rows} ${rows === 1 ? 'row' : 'rows'} ${what}`,
    )
    .join('; ');
}
