import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Published as ES modules only; Jest runs CommonJS, so these are compiled like our own sources. */
const esmOnly = ['@noble', 'jose', 'uuid'];

const tsJest = (tsconfig) => [
  'ts-jest',
  { tsconfig, astTransformers: { before: [here('./tools/workspace-plugin/src/jest/import-meta.cjs')] } },
];

/** With a results directory set, each project also leaves its counts there for `npm test` to add up. */
const reporters = process.env.MILLRACE_TEST_RESULTS_DIR
  ? ['default', here('./tools/dev/src/test/jest-count-reporter.cjs')]
  : ['default'];

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src'],
  testMatch: ['**/*.spec.ts', '**/*.spec.tsx'],
  testTimeout: 60_000,
  reporters,
  // One real Postgres per run, only for projects that have *.pg.spec.ts files.
  globalSetup: here('./libs/testing/postgres/jest/global-setup.mjs'),
  globalTeardown: here('./libs/testing/postgres/jest/global-teardown.mjs'),
  moduleFileExtensions: ['ts', 'tsx', 'js', 'mjs', 'cjs', 'json', 'node'],
  // Sources name their neighbours as the compiled files will be named: './lsn.js' is lsn.ts here.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.tsx', '$1.js'] },
  // Workspace libraries resolve to their sources, so that no build has to come before a test.
  testEnvironmentOptions: { customExportConditions: ['@millrace/source', 'node', 'node-addons', 'require', 'default'] },
  transform: {
    '^.+\\.tsx?$': tsJest('<rootDir>/tsconfig.spec.json'),
    '^.+\\.m?js$': tsJest({ allowJs: true, module: 'commonjs', moduleResolution: 'bundler', target: 'es2022', isolatedModules: true, types: [] }),
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
};
