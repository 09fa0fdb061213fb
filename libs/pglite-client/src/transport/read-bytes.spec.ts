import { readLines, readWhole } from './read-bytes.js';

async function* parts(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

async function linesOf(maxChars: number, ...texts: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(parts(...texts), maxChars)) lines.push(line);
  return lines;
}

describe('readLines', () => {
  it.each([
    [['a\nb\n'], ['a', 'b']],
    [
      ['a', 'b\nc', 'd'],
      ['ab', 'cd'],
    ],
    [
      ['a\n', '\n', 'b'],
      ['a', 'b'],
    ],
    [['', 'a\n'], ['a']],
    [[], []],
  ])('%j are %j', async (texts, lines) => expect(await linesOf(10, ...texts)).toEqual(lines));

  it('puts a character together that was cut', async () => {
    async function* cut() {
      for (const byte of new TextEncoder().encode('é\n€')) yield Uint8Array.of(byte);
    }
    const lines: string[] = [];
    for await (const line of readLines(cut(), 10)) lines.push(line);
    expect(lines).toEqual(['é', '€']);
  });

  it.each([[['aaaa\n']], [['aa', 'aa']], [['aaaa']]])('(I11) %j has a line that is too long', async (texts) => {
    await expect(linesOf(3, ...texts)).rejects.toMatchObject({ code: 'limit-exceeded' });
  });
});

describe('readWhole', () => {
  it('is all parts, or an error where there are more than announced (I11)', async () => {
    expect(new TextDecoder().decode(await readWhole(parts('ab', 'c'), 5))).toBe('abc');
    await expect(readWhole(parts('ab', 'cd'), 3)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
  });
});
