import { join } from 'node:path';
import { build } from 'esbuild';

/** As wrangler bundles for workerd. */
async function bundled(): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [join(__dirname, 'index.ts')],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser', '@millrace/source'],
    external: ['async_hooks'],
  });
  return Object.keys(metafile.inputs);
}

test('the driver over a WebSocket is bundled without pg, and asks for no TCP socket', async () => {
  const inputs = await bundled();
  expect(inputs.some((input) => input.includes('node_modules/@neondatabase/serverless/'))).toBe(true);
  expect(inputs.filter((input) => /node_modules\/pg[/-]|pg-cloudflare|workerd-socket/.test(input))).toEqual([]);
});
