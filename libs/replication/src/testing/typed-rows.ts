/** A table with a column of each kind of type, and rows with the values that such pipelines lose. */
export const typedDdl = `
  create type mood as enum ('sad', 'ok'); create domain short as varchar(20); create domain bytes as bytea; create domain amount as numeric;
  create table typed (id int primary key, tenant_id text, c_int8 int8, c_numeric numeric, c_float4 float4, c_float8 float8, c_date date, c_timestamp timestamp,
    c_timestamptz timestamptz, c_interval interval, c_bytea bytea, c_text text, c_char char(5), c_bool bool, c_uuid uuid, c_json json, c_jsonb jsonb,
    c_texts text[], c_ints int[][], c_range int4range, c_tsranges tstzmultirange, c_mood mood, c_moods mood[], c_domain short, c_inet inet, c_bit bit varying,
    c_point point, c_time timetz, c_int2 int2 default -32768, c_oid oid default 4294967295, c_money money default '$1,234.5', c_bools bool[] default '{t,f,null}',
    c_byteas bytea[] default array['\\x00ff'::bytea, null], c_bytes bytes default '\\x00ff', c_amount amount default 1.50);`;

export const TYPED_COLUMNS = [
  'id:integer',
  'tenant_id:text',
  ...[
    'int8',
    'numeric',
    'float4',
    'float8',
    'date',
    'timestamp',
    'timestamptz',
    'interval',
    'bytea',
    'text',
    'char',
    'bool',
    'uuid',
    'json',
    'jsonb',
  ].map((name) => `c_${name}:${name}`),
  ...['int2', 'oid', 'money', 'bools', 'byteas', 'bytes', 'amount'].map((name) => `c_${name}:${name}`),
  ...['texts', 'ints', 'range', 'tsranges', 'mood', 'moods', 'domain', 'inet', 'bit', 'point', 'time'].map(
    (name) => `c_${name}:text`,
  ),
];

export const typedInsert = String.raw`insert into typed values
  (1, 'a', 9223372036854775807, 12345678901234567890123456789012345678901234567890.123456789, 1.1, 0.1, '2026-01-02', '2026-01-02 03:04:05.000001', '2026-01-02 03:04:05.6789+05', '1 year 2 days 03:04:05.5',
   '\x00ff00', E'tab\t quote\' back\\slash \nnew', 'ab', true, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"b": 1,  "a": "\u0000"}', '{"n": 123456789012345678901234567890, "a": null}',
   array['a,b', null, '', '"q"', '{x}'], '{{1,2},{3,4}}', '[1,5)', '{[2026-01-01 00:00+00,2026-01-02 00:00+00)}', 'sad', '{sad,ok}', 'dom', '10.0.0.1/8', '10101', '(1.5,2)', '10:11:12+05'),
  (2, '', -9223372036854775808, 'NaN', 'NaN', 'NaN', 'infinity', 'infinity', 'infinity', '-1 mon', '', '', '', false, null, 'null', '[]', '{}', '{}', 'empty', '{}', 'ok', '{}', '', '::1', '', '(-0,0)', '00:00:00-12'),
  (3, null, 9007199254740993, '-Infinity', '-Infinity', 'Infinity', '-infinity', '-infinity', '-infinity', '0', '\xdeadbeef', '😀 𝄞 ça', 'ä', null, null, '"😀"', '"\ud83d\ude00"', '{NULL}', null, '(,3]', null, null, null, null, null, null, null, null),
  (4, 'a', 0, 'Infinity', -0.0, '-0', '0044-03-15 BC', '294276-12-31 23:59:59.999999', '4713-01-01 00:00:00 BC', '178000000 years', null, E'\uFEFFbom', '     ', null, null, null, null, array[E'a\\b'], '[0:1]={1,2}', '[,]', null, null, null, null, null, null, null, null),
  (5, 'a', 1, 1e-30, '1e-45', '5e-324', '2026-01-02', '2026-01-02', '2026-01-02 00:00+00', null, null, repeat('é', 524288), null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)`;
