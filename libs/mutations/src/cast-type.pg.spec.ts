import { connectPg } from '@millrace/postgres';
import { acquireDatabase } from '@millrace/testing-postgres';
import type { CopySession } from '@millrace/kernel';
import { castType } from './cast-type.js';

describe('[I10] a value reaches its column as it was written, or not at all', () => {
  let sql: CopySession;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const database = await acquireDatabase();
    sql = await connectPg({ connectionString: database.url, applicationName: 'cast-type-spec' });
    drop = async () => {
      await sql.close();
      await database[Symbol.asyncDispose]();
    };
    await sql.query(`create type shade as enum ('light', 'dark')`);
    await sql.query(`create domain short as varchar(3) check (value <> 'bad')`);
    await sql.query('create schema "Odd"');
    await sql.query(`create type "Odd"."Kind" as enum ('a')`);
  });
  afterAll(() => drop());

  async function typeOf(declared: string): Promise<string> {
    await sql.query('drop table if exists one');
    await sql.query(`create table one (value ${declared})`);
    const { rows } = await sql.query(
      `select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'one'::regclass and attname = 'value'`,
    );
    return String(rows[0]?.['type']);
  }

  async function store(type: string, value: string): Promise<string | null | undefined> {
    const { rows } = await sql.query(`insert into one values ($1::${castType(type)}) returning value`, [value]);
    return rows[0]?.['value'];
  }

  it.each([
    ['bigint', '9223372036854775807'],
    ['numeric', '12345678901234567890123456789012345678901234567890.5'],
    ['numeric', 'NaN'],
    ['numeric(5,2)', '123.45'],
    ['double precision', '-Infinity'],
    ['real', '0.1'],
    ['boolean', 't'],
    ['text', ''],
    ['varchar(3)', 'abc'],
    ['char(3)', 'a  '],
    ['"char"', 'x'],
    ['bit(3)', '101'],
    ['bit varying(5)', '101'],
    ['bytea', '\\x00ff'],
    ['date', 'infinity'],
    ['timestamp(3)', '2026-01-02 03:04:05.678'],
    ['timestamptz', '2026-01-02 03:04:05.678901+00'],
    ['timestamptz(0)', '2026-01-02 03:04:05+00'],
    ['time(3)', '03:04:05.678'],
    ['interval(3)', 'P1Y2M3DT4H5M6.789S'],
    ['interval day to second', 'P3DT4H'],
    ['jsonb', '{"big": 123456789012345678901234567890}'],
    ['json', '{"b":1,  "a":2}'],
    ['int4range', '[1,5)'],
    ['uuid', '00000000-0000-4000-8000-000000000001'],
    ['inet', '10.0.0.1'],
    ['shade', 'dark'],
    ['"Odd"."Kind"', 'a'],
    ['short', 'abc'],
    ['text[]', '{"a,b",NULL,""}'],
    ['int[]', '{{1,2},{3,4}}'],
    ['varchar(3)[]', '{abc,d}'],
    ['char(3)[]', '{"a  "}'],
    ['bit(3)[]', '{101}'],
    ['shade[]', '{light,dark}'],
    ['short[]', '{abc}'],
  ])('%s keeps %j', async (declared, value) => {
    const type = await typeOf(declared);
    expect(await store(type, value)).toBe(value);
  });

  it.each([
    ['varchar(3)', 'abcd'],
    ['char(3)', 'abcd'],
    ['bit(3)', '1010'],
    ['bit(3)', '10'],
    ['bit varying(3)', '1010'],
    ['varchar(3)[]', '{abcd}'],
    ['char(3)[]', '{abcd}'],
    ['bit(3)[]', '{1010}'],
    ['short', 'abcd'],
    ['short[]', '{abcd}'],
    ['numeric(3,1)', '123.4'],
    ['smallint', '40000'],
  ])('%s refuses %j instead of cutting it', async (declared, value) => {
    const type = await typeOf(declared);
    await expect(store(type, value)).rejects.toMatchObject({ sqlClass: '22' });
  });

  it("a domain's own rule is a check", async () => {
    const type = await typeOf('short');
    await expect(store(type, 'bad')).rejects.toMatchObject({ code: '23514' });
  });
});
