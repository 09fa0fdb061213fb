import { gzipSync } from 'node:zlib';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import type { SchemaEntries } from './schema-entries.js';

/** Above it a browser bundle is refused: it holds classes, rules and meta, and no ORM. */
const BROWSER_GZIP_BYTES = 20 * 1024;

export interface Bundle {
  readonly text: string;
  readonly gzipBytes: number;
  readonly metafile: Metafile;
}

/** For Node, CommonJS: what a script requires. Packages stay outside; class names stay, since relations find entities by them. */
export async function bundleServer(entries: SchemaEntries): Promise<Bundle> {
  return bundle(entries, entries.server, {
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    keepNames: true,
    plugins: [
      {
        name: 'packages-stay-outside',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@millrace/')
              ? undefined
              : // What is imported and not used goes; reflect-metadata is imported for what it does.
                { path, external: true, sideEffects: path === 'reflect-metadata' },
          );
        },
      },
    ],
  });
}

/** For browsers, ESM: TypeORM's decorators are replaced by the stub that it ships. Throws if TypeORM is in it or if it is too large. */
export async function bundleBrowser(entries: SchemaEntries): Promise<Bundle> {
  const made = await bundle(entries, entries.browser, {
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    minify: true,
    alias: { typeorm: 'typeorm/typeorm-model-shim.js' },
  });
  const orm = inputsOf(made).filter(
    (path) => /node_modules\/typeorm\//.test(path) && !path.endsWith('typeorm-model-shim.js'),
  );
  if (orm.length > 0) throw new Error(`the browser bundle holds TypeORM: ${orm.slice(0, 3).join(', ')}`);
  if (made.gzipBytes > BROWSER_GZIP_BYTES) {
    throw new Error(
      `the browser bundle has ${made.gzipBytes} bytes gzip'd, of ${BROWSER_GZIP_BYTES}; the largest parts: ${largest(made)}`,
    );
  }
  return made;
}

async function bundle(
  { root }: SchemaEntries,
  contents: string,
  options: Omit<BuildOptions, 'write' | 'metafile'>,
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...options,
    stdin: { contents, resolveDir: `${root}/tools/db-cli`, sourcefile: 'entry.ts', loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    conditions: ['@millrace/source'],
    tsconfig: `${root}/tsconfig.base.json`,
    logLevel: 'silent',
  });
  const text = outputFiles?.[0]?.text ?? '';
  return { text, gzipBytes: gzipSync(text, { level: 9 }).length, metafile };
}

function inputsOf({ metafile }: Bundle): readonly string[] {
  return Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
}

function largest({ metafile }: Bundle): string {
  return Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .slice(0, 5)
    .map(([path, { bytesInOutput }]) => `${path} ${bytesInOutput}`)
    .join(', ');
}
