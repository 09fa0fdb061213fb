import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const jestTool = (name) => here(`./tools/workspace-plugin/src/jest/${name}.cjs`);

/** Published as ES modules only, or in need of `import()`, which Jest's CommonJS does not have. */
const compiledPackages = ['@electric-sql', '@noble', 'jose', 'uuid'];

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
    '^.+\\.tsx?$': [
      'ts-jest',
      { tsconfig: '<rootDir>/tsconfig.spec.json', astTransformers: { before: [jestTool('import-meta')] } },
    ],
    '/node_modules/.+\\.c?js$|\\.mjs$': jestTool('compile-package'),
  },
  // A package named here is compiled.
  transformIgnorePatterns: [`/node_modules/(?!(${compiledPackages.join('|')})/)`],
};
