import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type * as Db from './index.js';

/** As the Worker's and the browser's bundlers are configured: entity classes are there for their rules, so TypeORM is replaced by its own stub. */
async function bundle(conditions: readonly string[], outfile: string) {
  const { metafile } = await build({
    entryPoints: [join(__dirname, 'index.ts')],
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['@millrace/source', ...conditions],
    alias: { typeorm: 'typeorm/typeorm-model-shim.js' },
    metafile: true,
    outfile,
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  return { bytes: output?.bytes ?? 0, inputs: Object.keys(output?.inputs ?? {}) };
}

describe('@millrace/db in a bundle', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'millrace-db-bundle-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['worker', ['workerd', 'worker', 'browser']],
    ['browser', ['browser', 'module']],
  ])('for the %s holds no TypeORM, and its validators work', async (name, conditions) => {
    const outfile = join(folder, `${name}.cjs`);
    const { bytes, inputs } = await bundle(conditions, outfile);
    expect(inputs.filter((input) => input.includes('node_modules/typeorm/'))).toEqual([
      expect.stringMatching(/typeorm-model-shim\.js$/),
    ]);
    expect(inputs.filter((input) => /node_modules\/(pg|reflect-metadata|class-transformer)\//.test(input))).toEqual([]);
    expect(bytes).toBeLessThan(80_000);

    const { schema, validators } = jest.requireActual<typeof Db>(outfile);
    expect(schema.tables.map((table) => table.name)).toContain('payments');
    expect(validators.validate('invoices', { currency: 'eur' }, ['currency'])).toEqual([
      { column: 'currency', message: 'currency must be a currency code of three capital letters, such as USD' },
    ]);
  });
});
