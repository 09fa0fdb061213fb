import { UserError } from '@millrace/processes';

/** One statement of a script. */
export interface Statement {
  readonly sql: string;
  /** Of its first word, from 1. */
  readonly line: number;
}

/** What can begin in SQL text and swallows semicolons until it ends. */
const TOKENS: readonly RegExp[] = [
  /--[^\n]*/y,
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y,
  /'(?:[^']|'')*'/y,
  /"(?:[^"]|"")*"/y,
  /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?\$\1\$/y,
  /[\w\u0080-\uffff$]+/y, // words: keeps e'…' and $1 from being read inside one
  /::/y,
];
const VARIABLE = /:(?:(\w+)|'(\w+)'|"(\w+)")/y;

/**
 * Splits a script at its semicolons, as psql does: not inside quotes, comments, dollar quotes or the body of a SQL
 * function, and puts variables in (`:name`, `:'name'`, `:"name"`).
 * @throws UserError for psql's own commands, which begin with a backslash
 */
export function splitStatements(script: string, variables: ReadonlyMap<string, string>): Statement[] {
  const statements: Statement[] = [];
  let sql = '';
  let start = -1;
  let depth = 0;
  let at = 0;
  const flush = (): void => {
    if (start >= 0) statements.push({ sql: sql.trim(), line: lineAt(script, start) });
    sql = '';
    start = -1;
  };
  while (at < script.length) {
    const token = commentAt(script, at) ?? tokenAt(script, at);
    const text = token ?? script[at] ?? '';
    if (text === '\\')
      throw new UserError(`line ${lineAt(script, at)} holds a command of psql`, {
        why: 'psql is not in the PATH, and the runner that stands in for it knows SQL alone: what begins with a backslash needs psql itself',
        wayOut: ['install psql (Debian: apt-get install postgresql-client; macOS: brew install libpq)'],
      });
    if (text === ';' && depth === 0) flush();
    else {
      const isCode = !text.startsWith('--') && !text.startsWith('/*') && text.trim() !== '';
      if (isCode && start < 0) start = at;
      depth += depthChange(text, sql);
      const variable = token === null ? variableAt(script, at, variables) : null;
      sql += variable?.value ?? text;
      at += (variable?.length ?? text.length) - text.length;
    }
    at += text.length;
  }
  flush();
  return statements;
}

/** Parentheses (rules), and `begin atomic … end` of a SQL function's body, where semicolons separate nothing for us. */
function depthChange(text: string, before: string): number {
  if (text === '(') return 1;
  if (text === ')') return -1;
  const word = text.toLowerCase();
  if (word === 'atomic' && /\bbegin\s*$/i.test(before)) return 1;
  if (word === 'case' && /\bbegin\s+atomic\b/i.test(before)) return 1;
  return word === 'end' && /\bbegin\s+atomic\b/i.test(before) ? -1 : 0;
}

function tokenAt(script: string, at: number): string | null {
  for (const pattern of TOKENS) {
    pattern.lastIndex = at;
    const match = pattern.exec(script);
    if (match !== null) return match[0];
  }
  return null;
}

/** Block comments nest in Postgres, which no regular expression can follow. */
function commentAt(script: string, at: number): string | null {
  if (!script.startsWith('/*', at)) return null;
  let depth = 0;
  let end = at;
  do {
    const open = script.startsWith('/*', end);
    const close = script.startsWith('*/', end);
    depth += Number(open) - Number(close);
    end += open || close ? 2 : 1;
  } while (depth > 0 && end < script.length);
  return script.slice(at, end);
}

function variableAt(
  script: string,
  at: number,
  variables: ReadonlyMap<string, string>,
): { value: string; length: number } | null {
  VARIABLE.lastIndex = at;
  const match = VARIABLE.exec(script);
  if (match === null) return null;
  const [whole, plain, literal, identifier] = match;
  const value = variables.get(plain ?? literal ?? identifier ?? '');
  if (value === undefined) return null; // as psql: an unknown name stays as it is
  const quoted =
    literal !== undefined
      ? `'${value.replaceAll("'", "''")}'`
      : identifier !== undefined
        ? `"${value.replaceAll('"', '""')}"`
        : value;
  return { value: quoted, length: whole.length };
}

function lineAt(script: string, at: number): number {
  return script.slice(0, at).split('\n').length;
}
