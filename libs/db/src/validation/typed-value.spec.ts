import { typedValue } from './typed-value.js';

describe('typedValue', () => {
  it.each([
    ['integer', '-2147483648', -2147483648],
    ['smallint', '7', 7],
    ['integer', '1.5', '1.5'],
    ['bigint', '9223372036854775807', '9223372036854775807'],
    [
      'numeric(60,50)',
      '0.12345678901234567890123456789012345678901234567890',
      '0.12345678901234567890123456789012345678901234567890',
    ],
    ['timestamp with time zone', '2026-01-01 00:00:00.000001+00', '2026-01-01 00:00:00.000001+00'],
    ['boolean', 't', true],
    ['boolean', 'false', false],
    ['boolean', 'yes', 'yes'],
    ['jsonb', '{"a": [1, null]}', { a: [1, null] }],
    ['jsonb', 'null', null],
    ['jsonb', '{', '{'],
    ['text', '42', '42'],
    ['integer', null, null],
  ])('%s %j is %j', (type, text, value) => {
    expect(typedValue(type, text)).toEqual(value);
  });
});
