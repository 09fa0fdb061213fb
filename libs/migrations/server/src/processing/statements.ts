import { parse } from 'pgsql-parser';

/** A piece of Postgres' own syntax tree. */
export type Ast = string | number | boolean | null | readonly Ast[] | { readonly [key: string]: Ast };

/** One statement and its tree, `{ AlterTableStmt: … }`. */
export interface Statement {
  readonly sql: string;
  readonly ast: Ast;
}

/**
 * The statements of a text, by Postgres' own parser: a semicolon may stand in a literal or in a function's body.
 * @throws Error with Postgres' words
 */
export async function splitStatements(text: string): Promise<readonly Statement[]> {
  const parsed = (await parse(text)) as { stmts?: readonly ParsedStatement[] };
  // Places are counted in bytes.
  const bytes = new TextEncoder().encode(text);
  return (parsed.stmts ?? []).map(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const end = length === undefined ? bytes.length : from + length;
    return { sql: withoutComments(new TextDecoder().decode(bytes.slice(from, end))), ast: stmt };
  });
}

interface ParsedStatement {
  readonly stmt: Ast;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
}

/** Comments before a statement belong to its text. They say nothing to a database. */
function withoutComments(sql: string): string {
  return sql.replace(/^(\s+|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, '').replace(/[\s;]+$/, '');
}

/** `AlterTableStmt`, `SelectStmt`, … */
export function kindOf({ ast }: Statement): string {
  return ast !== null && typeof ast === 'object' ? (Object.keys(ast)[0] ?? '') : '';
}

/** What stands there in the tree; undefined if nothing does. */
export function at(ast: Ast | undefined, ...path: readonly (string | number)[]): Ast | undefined {
  let here: Ast | undefined = ast;
  for (const step of path) {
    if (here === undefined || here === null || typeof here !== 'object') return undefined;
    here = (here as { readonly [key: string]: Ast })[step];
  }
  return here;
}

export function textAt(ast: Ast | undefined, ...path: readonly (string | number)[]): string | null {
  const found = at(ast, ...path);
  return typeof found === 'string' ? found : null;
}

export function listAt(ast: Ast | undefined, ...path: readonly (string | number)[]): readonly Ast[] {
  const found = at(ast, ...path);
  return Array.isArray(found) ? (found as readonly Ast[]) : [];
}

/** The tree with every object replaced by what `edit` makes of it; null: as it is, and then what is in it. */
export function edited(ast: Ast, edit: (node: { readonly [key: string]: Ast }) => Ast | null): Ast {
  if (ast === null || typeof ast !== 'object') return ast;
  if (Array.isArray(ast)) return (ast as readonly Ast[]).map((item) => edited(item, edit));
  const node = ast as { readonly [key: string]: Ast };
  const replaced = edit(node);
  if (replaced !== null) return replaced;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, edited(value, edit)]));
}
