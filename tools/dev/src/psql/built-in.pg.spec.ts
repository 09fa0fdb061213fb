import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { acquireDatabase } from '@millrace/testing-postgres';
import type { TestDatabase } from '@millrace/testing-postgres';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { runBuiltIn } from './built-in.js';

const folder = temporaryFolder();
let database: TestDatabase;

beforeAll(async () => {
  database = await acquireDatabase();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  folder.remove();
});

async function psql(words: string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runBuiltIn(words, {
    url: database.url,
    folder: folder.path,
    stdin: Readable.from([stdin]) as never,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { code, out, err };
}

function script(name: string, sql: string): string {
  writeFileSync(join(folder.path, name), sql);
  return name;
}

describe('the runner that stands in for psql', () => {
  it('prints values as Postgres writes them, -At', async () => {
    const { out } = await psql([
      '-Atc',
      `select 9007199254740993::int8, 1.50::numeric, null, 'a b', true, '2026-01-02'::date`,
    ]);
    expect(out).toBe('9007199254740993|1.50||a b|t|2026-01-02\n');
  });

  it("prints a table in psql's layout", async () => {
    const { out } = await psql(['-c', `select 1 as n, 'one' as name union all select 22, 'two'`]);
    expect(out).toBe(' n  | name\n----+------\n  1 | one\n 22 | two\n(2 rows)\n\n');
  });

  it('prints command tags, unless -q', async () => {
    expect((await psql(['-c', 'create temp table t (id int); insert into t values (1), (2)'])).out).toBe(
      'CREATE TABLE\nINSERT 0 2\n',
    );
    expect((await psql(['-q', '-c', 'create temp table t (id int)'])).out).toBe('');
  });

  it('runs a script statement by statement, with quotes, comments, functions and variables', async () => {
    const file = script(
      'good.sql',
      `-- a comment; with a semicolon
       create function add_one(n int) returns int language plpgsql as $body$ begin return n + 1; end $body$;
       create function add_two(n int) returns int begin atomic select case when true then 1 end; select n + 2; end;
       /* nested /* comment; */ */
       select add_one(1), add_two(1), E'it\\'s;', ';', :'word', ':word', 'x'::text;`,
    );
    const { code, out, err } = await psql(['-At', '-v', 'ON_ERROR_STOP=1', '-v', "word=o'clock", '-f', file]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe("CREATE FUNCTION\nCREATE FUNCTION\n2|3|it's;|;|o'clock|:word|x\n");
  });

  it('stops at an error with ON_ERROR_STOP, naming file and line; goes on without', async () => {
    const file = script('bad.sql', `select 1;\n\nselect 1/0;\nselect 2;`);
    const stopped = await psql(['-At', '-v', 'ON_ERROR_STOP=1', '-f', file]);
    expect(stopped).toEqual({ code: 3, out: '1\n', err: 'psql:bad.sql:3: ERROR:  division by zero\n' });
    expect(await psql(['-At', '-f', file])).toMatchObject({ code: 0, out: '1\n2\n' });
  });

  it('makes one -c one transaction, and fails with code 1', async () => {
    expect((await psql(['-c', 'create table half (id int); select 1/0'])).code).toBe(1);
    expect((await psql(['-Atc', `select to_regclass('half') is null`])).out).toBe('t\n');
  });

  it('reads a script from a pipe', async () => {
    expect((await psql(['-At'], 'select 1; select 2;')).out).toBe('1\n2\n');
  });

  it('says what needs psql itself', async () => {
    await expect(psql(['--host', 'x'])).rejects.toMatchObject({ wayOut: [expect.stringContaining('install psql')] });
    await expect(psql(['-f', script('meta.sql', 'select 1;\n\\d\n')])).rejects.toThrow(
      /line 2 holds a command of psql/,
    );
  });

  it('says that a backslash command needs psql, rather than that it is no SQL', async () => {
    await expect(psql(['-c', '\\d invoices'])).rejects.toMatchObject({
      message: '\\d invoices is a command of psql',
      wayOut: expect.arrayContaining([expect.stringContaining('install')]),
    });
  });
});
