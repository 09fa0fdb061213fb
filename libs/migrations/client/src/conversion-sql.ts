import { quoteIdent, type ColumnMeta } from '@millrace/schema-meta';
import type { SchemaOp } from '@millrace/schema-compat';

type ChangeType = Extract<SchemaOp, { op: 'change-type' }>;

/** SQL for a column's value, of the row that `row` names, as its type prints it. */
type TextOf = (row: string, column: Pick<ColumnMeta, 'name' | 'clientType'>) => string;

/**
 * SQL that converts values of a column as the migration does: `$1` is a JSON array of texts, the rows are `(i, value)` from 1. What it names are types of
 * the replica, which has no enums and domains [A3].
 */
export function conversionSql(op: ChangeType, textOf: TextOf): string {
  const column = quoteIdent(op.column);
  const using = ofReplica(op.using ?? column, op);
  return `select v.i, ${textOf('v', { name: 'value', clientType: op.clientTo })} as value
    from (select c.millrace_place as i, (${using})::${op.clientTo} as value
          from (select x.ordinality as millrace_place, x.value::${op.clientFrom} as ${column}
                from json_array_elements_text($1::json) with ordinality as x (value, ordinality)) as c) as v`;
}

function ofReplica(expression: string, { from, to, clientFrom, clientTo }: ChangeType): string {
  return castsAs(castsAs(expression, to, clientTo), from, clientFrom);
}

/** `::invoice_status` and `::"invoice_status"[]` as `::text`, but not `::invoice_status_old`. */
function castsAs(expression: string, type: string, clientType: string): string {
  if (type === clientType) return expression;
  const name = type.replace(/[^\w]/g, (character) => `\\${character}`);
  return expression.replace(new RegExp(`::\\s*(?:"${name}"|${name}(?!\\w))`, 'g'), () => `::${clientType}`);
}
