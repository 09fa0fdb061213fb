import { deparse } from 'pgsql-parser';
import { at, edited, listAt, textAt, type Ast } from './statements.js';

type DeparseInput = Parameters<typeof deparse>[0];

/** The expression as SQL. */
export async function expressionSql(expression: Ast): Promise<string> {
  const select = { SelectStmt: { targetList: [{ ResTarget: { val: expression } }], op: 'SETOP_NONE' } };
  const sql = await deparse(select as unknown as DeparseInput);
  return sql.replace(/^\s*SELECT\s+/i, '').trim();
}

/** The expression as a replica can run it: enums and domains are text there [A3]. */
export function forReplica(expression: Ast, ownTypes: ReadonlySet<string>): Ast {
  return edited(expression, (node) => {
    const typeName = at(node, 'TypeCast', 'typeName');
    if (typeName === undefined || !ownTypes.has(lastName(typeName))) return null;
    const arg = forReplica(at(node, 'TypeCast', 'arg') ?? null, ownTypes);
    return { TypeCast: { arg, typeName: { ...(typeName as object), names: [{ String: { sval: 'text' } }] } } };
  });
}

/** The columns that it reads. */
export function columnsIn(expression: Ast): readonly string[] {
  const found = new Set<string>();
  edited(expression, (node) => {
    const name = textAt(listAt(node, 'ColumnRef', 'fields').at(-1), 'String', 'sval');
    if (name !== null) found.add(name);
    return null;
  });
  return [...found];
}

/** The expression with a column under another name, and without the name of its table. */
export function withColumn(expression: Ast, from: string, to: string): Ast {
  return edited(expression, (node) => {
    const name = textAt(listAt(node, 'ColumnRef', 'fields').at(-1), 'String', 'sval');
    return name === from ? { ColumnRef: { fields: [{ String: { sval: to } }] } } : null;
  });
}

/** Nothing but casts of one column. */
export function isCastOfColumn(expression: Ast): boolean {
  if (at(expression, 'ColumnRef') !== undefined) return true;
  const arg = at(expression, 'TypeCast', 'arg');
  return arg !== undefined && isCastOfColumn(arg);
}

function lastName(typeName: Ast): string {
  return textAt(listAt(typeName, 'names').at(-1), 'String', 'sval') ?? '';
}
