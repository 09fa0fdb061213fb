import { SqlError, SyncError, assert } from '@millrace/kernel';
import type { CopySession, SqlConnection, SqlResult, SqlSession } from '@millrace/kernel';

/** One rule of a port as a function, so that it can also be run where there is no Jest (inside workerd). */
export interface ConformanceCase<T> {
  readonly name: string;
  /** Rejects if the rule is broken. `open` gives a fresh session on one and the same, otherwise unused, database. */
  run(open: () => Promise<T>): Promise<void>;
}

/** What every {@link SqlSession} must do, on a server and on PGlite alike. */
export const sqlConnectionCases: readonly ConformanceCase<SqlSession>[] = [
  inSession('[C2] every value is Postgres text', async (sql) => {
    const { rows, rowCount } = await sql.query(
      `select 9007199254740993::int8 as big, 12345678901234567890.123456789::numeric as exact, 0.1::float8 as double, 'NaN'::float8 as nan,
       true as yes, '\\x00ff'::bytea as bytes, timestamptz '2026-01-02 03:04:05+02' as moment, interval '1 day 2 hours' as span,
       array[1, null, 3] as list, '{"a": 12345678901234567890}'::jsonb as json, null::text as nothing, '' as empty, '🦊' as fox`,
    );
    equal(rowCount, 1);
    equal(rows[0], {
      big: '9007199254740993',
      exact: '12345678901234567890.123456789',
      double: '0.1',
      nan: 'NaN',
      yes: 't',
      bytes: '\\x00ff',
      moment: '2026-01-02 01:04:05+00',
      span: 'P1DT2H',
      list: '{1,NULL,3}',
      json: '{"a": 12345678901234567890}',
      nothing: null,
      empty: '',
      fox: '🦊',
    });
  }),

  inSession('a column may have any name', async (sql) => {
    const { rows } = await sql.query(`select 'a' as "constructor", 'b' as "__proto__"`);
    equal(Object.entries(rows[0] ?? {}), [
      ['constructor', 'a'],
      ['__proto__', 'b'],
    ]);
  }),

  inSession('parameters are text, null or lists of these', async (sql) => {
    const hostile = `quote ' double " backslash \\ brace { } comma , NULL`;
    const { rows } = await sql.query(
      'select $1::text as text, $2::int8 as number, $3::text as nothing, $4::text[] as list',
      [hostile, '9007199254740993', null, [hostile, null, 'NULL', '']],
    );
    equal(rows[0]?.['text'], hostile);
    equal(rows[0]?.['number'], '9007199254740993');
    equal(rows[0]?.['nothing'], null);
    const elements = await sql.query('select e from unnest($1::text[]) with ordinality as t(e, n) order by n', [
      [hostile, null, 'NULL', ''],
    ]);
    equal(
      elements.rows.map((row) => row['e']),
      [hostile, null, 'NULL', ''],
    );
    equal(await one(sql, 'select cardinality($1::text[])::text', [[]]), '0');
  }),

  inSession('rowCount counts rows returned or affected', async (sql) => {
    await sql.query('create temp table counted(a int)');
    equal((await sql.query('insert into counted select generate_series(1, 7)')).rowCount, 7);
    equal((await sql.query('update counted set a = a where a > $1', ['4'])).rowCount, 3);
    equal((await sql.query('select from counted')).rowCount, 7);
    equal((await sql.query('delete from counted where false')).rowCount, 0);
  }),

  inSession(
    '[W4] a failed statement is a SqlError with its SQLSTATE and names, and the session goes on',
    async (sql) => {
      await sql.query('create temp table strict(id int primary key, age int constraint grown check (age > 17))');
      const error = await rejection(sql.query('insert into strict values ($1, $2)', ['1', '3']));
      assert(error instanceof SqlError, `expected a SqlError, got ${String(error)}`);
      equal([error.code, error.sqlClass, error.table, error.constraint], ['23514', '23', 'strict', 'grown']);
      equal(await sqlState(sql.query('select 1 +')), '42601');
      equal(await one(sql, 'select 1::text'), '1');
    },
  ),

  inSession('statements run in the order in which they were issued', async (sql) => {
    await sql.query('create temp table ordered(n int generated always as identity, label text)');
    const labels = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(labels.map((label) => sql.query('insert into ordered(label) values ($1)', [label])));
    equal(await one(sql, `select string_agg(label, '' order by n) from ordered`), 'abcde');
  }),

  inSession('a transaction commits, and gives back the value of its work', async (sql) => {
    await sql.query('create temp table kept(a int)');
    const value = await sql.transaction(async (tx) => {
      await tx.query('insert into kept values (1)');
      return 'value';
    });
    equal(value, 'value');
    equal(await one(sql, 'select count(*)::text from kept'), '1');
  }),

  inSession('an error of the work rolls back and is thrown on', async (sql) => {
    await sql.query('create temp table undone(a int)');
    const reason = new Error('no');
    const thrown = await rejection(
      sql.transaction(async (tx) => {
        await tx.query('insert into undone values (1)');
        throw reason;
      }),
    );
    assert(thrown === reason, 'the error of the work must be thrown on');
    equal(await one(sql, 'select count(*)::text from undone'), '0');
  }),

  inSession('a commit that Postgres turns into a rollback is an error', async (sql) => {
    await sql.query('create temp table swallowed(a int)');
    const commit = sql.transaction(async (tx) => {
      await tx.query('insert into swallowed values (1)');
      await tx.query('select 1 / 0').catch(() => undefined);
    });
    equal(await sqlState(commit), '25P02');
    equal(await one(sql, 'select count(*)::text from swallowed'), '0');
  }),

  inSession('a deferred constraint fails the commit', async (sql) => {
    await sql.query('create temp table deferred(a int unique deferrable initially deferred)');
    const commit = sql.transaction((tx) => tx.query('insert into deferred values (1), (1)'));
    equal(await sqlState(commit), '23505');
    equal(await one(sql, 'select 1::text'), '1');
  }),

  inSession('a transaction takes isolation and read only', async (sql) => {
    const isolation = await sql.transaction((tx) => one(tx, `select current_setting('transaction_isolation')`), {
      isolation: 'repeatable read',
    });
    equal(isolation, 'repeatable read');
    await sql.query('create table if not exists conformance_read_only(a int)');
    const write = sql.transaction((tx) => tx.query('insert into conformance_read_only values (1)'), { readOnly: true });
    equal(await sqlState(write), '25006');
  }),

  inSession('statements of others wait until the transaction has ended', async (sql) => {
    await sql.query('create temp table turns(n int generated always as identity, label text)');
    let outside: Promise<SqlResult> | null = null;
    let begun: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const transaction = sql.transaction(async (tx) => {
      begun();
      await tx.query(`insert into turns(label) values ('first')`);
      await tx.query('select pg_sleep(0.05)');
      await tx.query(`insert into turns(label) values ('second')`);
    });
    await underWay;
    outside = sql.query(`insert into turns(label) values ('outside')`);
    await Promise.all([transaction, outside]);
    equal(await one(sql, `select string_agg(label, ',' order by n) from turns`), 'first,second,outside');
  }),

  {
    name: 'a closed session says so, and has ended without error',
    run: async (open) => {
      const session = await open();
      await session.close();
      equal(await session.ended, null);
      const error = await rejection(session.query('select 1'));
      assert(error instanceof SyncError && error.code === 'closed', `expected the code closed, got ${String(error)}`);
    },
  },
];

/** What a {@link CopySession} must do beyond that. */
export const copySessionCases: readonly ConformanceCase<CopySession>[] = [
  inCopySession('COPY yields all rows and ends with their count', async (session) => {
    const { text, rowCount } = await copyText(
      session,
      `copy (select g, repeat('x', g % 50) from generate_series(1, 5000) g) to stdout`,
    );
    equal(rowCount, 5000);
    const lines = text.trimEnd().split('\n');
    equal(lines.length, 5000);
    equal(lines[4998], `4999\t${'x'.repeat(49)}`);
  }),

  inCopySession('COPY of nothing yields nothing', async (session) => {
    equal(await copyText(session, 'copy (select 1 where false) to stdout'), { text: '', rowCount: 0 });
  }),

  inCopySession('COPY yields blocks of whole rows, also for rows larger than a block', async (session) => {
    const sizes = [10, 300_000, 5, 70_000, 65_535, 1];
    const sql = `copy (select repeat('y', s) from unnest('{${sizes.join(',')}}'::int[]) with ordinality t(s, n) order by n) to stdout`;
    const ends: string[] = [];
    for await (const block of session.copyOut(sql)) ends.push(new TextDecoder().decode(block.subarray(-1)));
    assert(
      ends.every((end) => end === '\n'),
      'a block must end where a row ends',
    );
    equal(
      (await copyText(session, sql)).text
        .trimEnd()
        .split('\n')
        .map((line) => line.length),
      sizes,
    );
  }),

  inCopySession('a binary COPY is what Postgres made, byte by byte', async (session) => {
    const blocks = await collect(session.copyOut(`copy (select 1::int4, null::text) to stdout (format binary)`));
    const hex = Array.from(blocks, (byte) => byte.toString(16).padStart(2, '0')).join('');
    equal(
      hex,
      `${'5047434f50590aff0d0a00'}${'00000000'.repeat(2)}${'0002'}${'0000000400000001'}${'ffffffff'}${'ffff'}`,
    );
  }),

  inCopySession('an error in the middle of a COPY is a SqlError, and the session goes on', async (session) => {
    const failing = copyText(session, `copy (select 1 / (20000 - g) from generate_series(1, 30000) g) to stdout`);
    equal(await sqlState(failing), '22012');
    equal(await one(session, 'select 1::text'), '1');
  }),

  inCopySession('statements of others wait until the COPY has ended', async (session) => {
    const copy = copyText(session, `copy (select g from generate_series(1, 50000) g) to stdout`);
    const after = one(session, 'select 1::text');
    equal((await copy).rowCount, 50000);
    equal(await after, '1');
  }),

  inCopySession('COPY inside a transaction reads its snapshot', async (session) => {
    await session.query('create temp table copied(a int)');
    await session.transaction(async (tx) => {
      await tx.query('insert into copied values (1), (2)');
      equal(await copyText(session, 'copy copied to stdout'), { text: '1\n2\n', rowCount: 2 });
    });
  }),
];

function inSession(name: string, run: (sql: SqlSession) => Promise<void>): ConformanceCase<SqlSession> {
  return { name, run: (open) => withSession(open, run) };
}

function inCopySession(name: string, run: (session: CopySession) => Promise<void>): ConformanceCase<CopySession> {
  return { name, run: (open) => withSession(open, run) };
}

async function withSession<T extends SqlSession>(
  open: () => Promise<T>,
  run: (session: T) => Promise<void>,
): Promise<void> {
  const session = await open();
  try {
    await run(session);
  } finally {
    await session.close();
  }
}

async function one(
  sql: SqlConnection,
  text: string,
  params: readonly (string | null | readonly string[])[] = [],
): Promise<string | null> {
  const { rows } = await sql.query(text, params);
  return Object.values(rows[0] ?? {})[0] ?? null;
}

async function copyText(session: CopySession, sql: string): Promise<{ text: string; rowCount: number }> {
  const decoder = new TextDecoder();
  const blocks = session.copyOut(sql);
  let text = '';
  for (;;) {
    const next = await blocks.next();
    if (next.done) return { text, rowCount: next.value.rowCount };
    text += decoder.decode(next.value, { stream: true });
  }
}

async function collect(blocks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const bytes: number[] = [];
  for await (const block of blocks) bytes.push(...block);
  return Uint8Array.from(bytes);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert(false, 'expected a rejection'),
    (error: unknown) => error,
  );
}

async function sqlState(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise);
  return error instanceof SqlError ? error.code : String(error);
}

function equal(actual: unknown, expected: unknown): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(a === e, () => `expected ${e?.slice(0, 400)}, got ${a?.slice(0, 400)}`);
}
