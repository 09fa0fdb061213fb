import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import pg from 'pg';
import { UserError } from '@millrace/processes';
import { nameTlsMode } from '../database/tls-mode.js';
import { parsePsqlArguments } from './arguments.js';
import type { PsqlAction, PsqlArguments } from './arguments.js';
import { render } from './render.js';
import type { QueryAnswer } from './render.js';
import { splitStatements } from './split-statements.js';
import type { Statement } from './split-statements.js';

export interface BuiltInContext {
  readonly url: string;
  /** Paths of files are relative to it. */
  readonly folder: string;
  readonly stdin: NodeJS.ReadStream;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const INSTALL_PSQL = [
  'install it (Debian: apt-get install postgresql-client; macOS: brew install libpq)',
  'tables by SQL: npm run psql -- -c "select table_name from information_schema.tables where table_schema = \'public\'"',
];
const FAILED_COMMAND = 1;
const FAILED_SCRIPT = 3;

/**
 * Stands in for psql where it is not installed: runs commands and scripts and prints in psql's layout.
 * @returns psql's exit codes: 0, 1 for a failed -c, 3 for a script that stopped at an error
 */
export async function runBuiltIn(words: readonly string[], context: BuiltInContext): Promise<number> {
  const args = parsePsqlArguments(words);
  const actions = args.actions.length > 0 ? args.actions : [scriptFromStdin(context)];
  const client = new pg.Client({ connectionString: nameTlsMode(context.url) });
  client.on('notice', ({ severity, message }) => context.err(`${severity}:  ${message}\n`));
  await client.connect();
  try {
    for (const action of actions) {
      const code = await runAction(client, action, { args, context });
      if (code !== 0) return code;
    }
    return 0;
  } finally {
    await client.end();
  }
}

function needsPsql(command: string): UserError {
  return new UserError(`${command} is a command of psql`, {
    why: 'psql is not in the PATH, and the runner that stands in for it knows SQL alone: what begins with a backslash needs psql itself',
    wayOut: INSTALL_PSQL,
  });
}

interface Session {
  readonly args: PsqlArguments;
  readonly context: BuiltInContext;
}

function scriptFromStdin({ stdin }: BuiltInContext): PsqlAction {
  if (!stdin.isTTY) return { kind: 'file', path: '-' };
  throw new UserError('psql is not in the PATH', {
    why: 'without it only commands (-c) and scripts (-f, or from a pipe) can be run, not a dialogue',
    wayOut: [
      'install it (Debian: apt-get install postgresql-client; macOS: brew install libpq)',
      'npm run psql -- -c "select 1"',
    ],
  });
}

async function runAction(client: pg.Client, action: PsqlAction, session: Session): Promise<number> {
  if (action.kind === 'command') {
    if (/^\s*\\/.test(action.sql)) throw needsPsql(action.sql.trim());
    // As psql: one -c is one message to the server, and so one transaction.
    return (await runSql(client, action.sql, session, '')) ? 0 : FAILED_COMMAND;
  }
  const { context, args } = session;
  const script =
    action.path === '-' ? await readAll(context.stdin) : readFileSync(resolve(context.folder, action.path), 'utf8');
  const stopAtError = /^(1|on|true)$/i.test(args.variables.get('ON_ERROR_STOP') ?? '');
  for (const { sql, line } of statementsOf(script, args)) {
    const succeeded = await runSql(client, sql, session, `psql:${action.path}:${line}: `);
    if (!succeeded && stopAtError) return FAILED_SCRIPT;
  }
  return 0;
}

function statementsOf(script: string, { variables }: PsqlArguments): Statement[] {
  return splitStatements(script.replace(/^\uFEFF/, ''), variables);
}

async function runSql(client: pg.Client, sql: string, { args, context }: Session, place: string): Promise<boolean> {
  try {
    for (const answer of await query(client, sql)) context.out(render(answer, args));
    return true;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    context.err(`${place}${error.severity ?? 'ERROR'}:  ${error.message}\n`);
    if (error.detail !== undefined) context.err(`DETAIL:  ${error.detail}\n`);
    if (error.hint !== undefined) context.err(`HINT:  ${error.hint}\n`);
    return false;
  }
}

/** Values as the server's text: nothing is parsed into JavaScript's types. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

const NUMERIC_TYPES = new Set([20, 21, 23, 26, 700, 701, 790, 1700]);

async function query(client: pg.Client, sql: string): Promise<QueryAnswer[]> {
  const tags: string[] = [];
  const onComplete = ({ text }: { text: string }): void => void tags.push(text);
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('commandComplete', onComplete);
  try {
    const answer = await client.query({ text: sql, rowMode: 'array', types: AS_TEXT });
    const answers = (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult<(string | null)[]>[];
    return answers.map(({ fields, rows }, index) => ({
      tag: tags[index] ?? '',
      columns: fields.map(({ name, dataTypeID }) => ({ name, numeric: NUMERIC_TYPES.has(dataTypeID) })),
      rows,
    }));
  } finally {
    connection.off('commandComplete', onComplete);
  }
}
