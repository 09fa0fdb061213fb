import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the bundles leave outside. */
const PACKAGES = ['class-validator', 'pg', 'reflect-metadata', 'typeorm', 'valibot'];

/** The manifest of what is built: it can be installed by its folder. Node takes the server's bundle, bundlers for browsers the other. */
export function packageManifest(root: string, version: string): string {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const manifest = {
    name: '@millrace/db',
    version,
    private: true,
    type: 'commonjs',
    main: './server.js',
    types: './types/server.d.ts',
    exports: {
      '.': {
        browser: { types: './types/browser.d.ts', default: './browser.js' },
        default: { types: './types/server.d.ts', default: './server.js' },
      },
      './migrations/*': './migrations/*',
      './meta/*': './meta/*',
      './package.json': './package.json',
    },
    dependencies: Object.fromEntries(PACKAGES.map((name) => [name, dependencies[name]])),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
