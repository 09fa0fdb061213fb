import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { buildOnce } from './build-once.js';
import { hashInputs } from './input-hash.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

let builds = 0;
function build(name: string, inputHash: string, fails = false): ReturnType<typeof buildOnce> {
  return buildOnce({
    outDir: join(folder.path, name),
    inputHash,
    build: async (freshDir) => {
      mkdirSync(freshDir);
      writeFileSync(join(freshDir, 'result'), `build ${++builds}`);
      if (fails) throw new Error('does not compile');
    },
  });
}
const result = (name: string): string => readFileSync(join(folder.path, name, 'result'), 'utf8');

describe('buildOnce', () => {
  it('builds the same inputs once, and others again', async () => {
    expect((await build('a', 'one')).built).toBe(true);
    expect((await build('a', 'one')).built).toBe(false);
    expect((await build('a', 'two')).built).toBe(true);
    expect((await build('a', 'one')).built).toBe(true);
  });

  it('keeps the old build when a new one fails, but does not take it for the new one', async () => {
    await build('b', 'good');
    const good = result('b');
    await expect(build('b', 'bad', true)).rejects.toThrow('does not compile');
    expect(result('b')).toBe(good);
    expect((await build('b', 'bad')).built).toBe(true);
    expect(existsSync(join(folder.path, 'b.new'))).toBe(false);
  });
});

describe('hashInputs', () => {
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder.path, 'src', 'node_modules'), { recursive: true });
    writeFileSync(join(folder.path, 'src', path), text);
  };
  const hash = (): string => hashInputs(folder.path, ['src']);

  it('follows content and names, not times, tests or what others put there', () => {
    write('a.ts', 'one');
    const first = hash();
    write('a.ts', 'one');
    write('a.spec.ts', 'a test');
    write('.hidden', 'x');
    write('node_modules/x.ts', 'x');
    expect(hash()).toBe(first);
    write('a.ts', 'two');
    const second = hash();
    expect(second).not.toBe(first);
    write('b.ts', '');
    expect(hash()).not.toBe(second);
  });
});
