import { copyTextOf } from './copy-text.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('copyTextOf', () => {
  it('escapes what means something to COPY, and tells null from text', () => {
    const chunk = `${JSON.stringify(['a\tb', null, '\\N'])}\n${JSON.stringify(['\\.', '', 'x\r\ny'])}\n`;
    expect(copyTextOf(bytes(chunk), 3)).toBe('a\\tb\t\\N\t\\\\N\n\\\\.\t\tx\\r\\ny\n');
  });

  it('takes a last line without its end, and no lines at all', () => {
    expect(copyTextOf(bytes('["1"]'), 1)).toBe('1\n');
    expect(copyTextOf(bytes(''), 1)).toBe('');
  });

  it.each([
    ['no JSON', '["1"'],
    ['no array', '{"a":"1"}'],
    ['a number', '[1]'],
    ['a value too many', '["1","2"]'],
    ['an empty line', '["1"]\n\n["2"]'],
  ])('refuses %s', (_name, chunk) => {
    expect(() => copyTextOf(bytes(chunk), 1)).toThrow(expect.objectContaining({ code: 'snapshot-corrupt' }));
  });

  it('refuses what is no UTF-8', () => {
    expect(() => copyTextOf(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d), 1)).toThrow(
      expect.objectContaining({ code: 'snapshot-corrupt' }),
    );
  });
});
