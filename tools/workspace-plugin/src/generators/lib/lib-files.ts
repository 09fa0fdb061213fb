interface LibFiles {
  readonly root: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly charter: string;
}

/** What a runtime offers beyond the language. */
const GLOBALS: Readonly<Record<string, { readonly lib: readonly string[]; readonly types: readonly string[] }>> = {
  'runtime:node': { lib: [], types: ['node'] },
  'runtime:browser': { lib: ['dom', 'dom.iterable', 'dom.asynciterable'], types: [] },
  'runtime:any': { lib: ['webworker', 'webworker.iterable', 'webworker.asynciterable'], types: [] },
  'runtime:workerd': { lib: ['webworker', 'webworker.iterable', 'webworker.asynciterable'], types: [] },
};

/** The files of a library beside its code, by path within it. */
export function libFiles({ root, name, tags, charter }: LibFiles): Readonly<Record<string, string>> {
  const up = root
    .split('/')
    .map(() => '..')
    .join('/');
  const { lib, types } = GLOBALS[tags.find((tag) => tag.startsWith('runtime:')) ?? ''] ?? { lib: [], types: [] };
  const libs = ['es2024', 'esnext.disposable', ...lib];
  return {
    'package.json': json({
      name: `@millrace/${name}`,
      version: '0.0.0',
      private: true,
      type: 'module',
      exports: {
        './package.json': './package.json',
        '.': { '@millrace/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
      },
      nx: { name, tags },
    }),
    'README.md': `# @millrace/${name}\n\n${charter}\n`,
    'jest.config.cjs': `module.exports = { displayName: '${name}', preset: '${up}/jest.preset.js' };\n`,
    'tsconfig.json': json({
      extends: `${up}/tsconfig.base.json`,
      files: [],
      include: [],
      references: [{ path: './tsconfig.lib.json' }, { path: './tsconfig.spec.json' }],
    }),
    'tsconfig.lib.json': json({
      extends: `${up}/tsconfig.base.json`,
      compilerOptions: {
        rootDir: 'src',
        outDir: 'dist',
        tsBuildInfoFile: 'dist/tsconfig.lib.tsbuildinfo',
        lib: libs,
        types,
      },
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.spec.ts', 'src/**/*.spec.tsx', 'src/**/*.e2e.ts'],
      references: [],
    }),
    'tsconfig.spec.json': json({
      extends: `${up}/tsconfig.spec.base.json`,
      compilerOptions: { rootDir: 'src', outDir: 'out-tsc/spec', lib: libs },
      include: ['src/**/*.spec.ts', 'src/**/*.spec.tsx', 'src/**/*.e2e.ts'],
      references: [{ path: './tsconfig.lib.json' }],
    }),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
