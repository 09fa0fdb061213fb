import { cachedBundle } from '@millrace/testing-harness';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Workers are loaded on demand, at any place on earth: what is in the bundle costs each first request. */
const MAX_BYTES = 2_000_000;

describe('the bundle of the Worker, as wrangler makes it', () => {
  let dir: string;
  let modules: readonly string[];

  beforeAll(async () => {
    dir = await cachedBundle({});
    const code = await readFile(join(dir, 'index.js'), 'utf8');
    // The bundler writes the path of each module above it.
    modules = [...code.matchAll(/^\s*\/\/ (\S+\.(?:ts|tsx|js|mjs|cjs))$/gm)].map(([, path]) => String(path));
  }, 120_000);

  const holds = (part: string) => modules.filter((path) => path.includes(part));

  it('holds the entity classes, whose validation rules the Worker applies', () => {
    expect(holds('libs/entities/')).not.toEqual([]);
    expect(holds('node_modules/class-validator/')).not.toEqual([]);
  });

  it('holds nothing of TypeORM but the stub of its decorators', () => {
    expect(holds('node_modules/typeorm/')).toEqual([expect.stringMatching(/\/typeorm-model-shim\.js$/)]);
  });

  it.each([
    'node_modules/@electric-sql/',
    'node_modules/react/',
    'libs/pglite-client/',
    'libs/migrations/',
    'libs/testing/',
    '/src/testing/',
    '.spec.ts',
  ])('holds nothing of %s', (part) => expect(holds(part)).toEqual([]));

  it(`is smaller than ${MAX_BYTES / 1e6} MB`, async () => {
    expect((await stat(join(dir, 'index.js'))).size).toBeLessThan(MAX_BYTES);
  });
});
