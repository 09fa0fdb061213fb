import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { sourceEdges, specEdges, systemTestEdges } from './tools/workspace-plugin/src/eslint/boundaries.mjs';
import { anyRuntimeRules, nodeLibraries, socketAdapterRules } from './tools/workspace-plugin/src/eslint/platform.mjs';
import { projectGraphPlugin } from './tools/workspace-plugin/src/eslint/project-graph.mjs';
import {
  everywhere,
  inAnyRuntime,
  inEntities,
  inLibraries,
  inTests,
} from './tools/workspace-plugin/src/eslint/syntax.mjs';

const typescript = ['**/*.ts', '**/*.tsx', '**/*.mts'];
/** Specs, and what a library keeps for its own specs alone. */
const tests = ['**/*.spec.ts', '**/*.spec.tsx', '**/*.e2e.ts', 'libs/*/src/{testing,fixtures}/**'];
const kernelPorts = 'libs/kernel/src/ports/**';

const boundaries = (depConstraints, allow = []) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    {
      enforceBuildableLibDependency: true,
      banTransitiveDependencies: true,
      allow: ['^cloudflare:', ...allow],
      depConstraints,
    },
  ],
});

export default [
  { ignores: ['**/node_modules', '**/dist', '**/out-tsc', '**/site', '**/.nx', '**/.millrace', '**/.wrangler'] },
  // A rule that is wrong is changed here, for everybody; a file can't turn it off for itself.
  { linterOptions: { noInlineConfig: true } },
  js.configs.recommended,
  ...tseslint.configs.recommended.map((config) => ({ ...config, files: config.files ?? typescript })),
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'writable', require: 'readonly', process: 'readonly' },
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { URL: 'readonly', console: 'readonly', process: 'readonly' } },
  },
  {
    files: ['**/fixtures/**/*.js'],
    languageOptions: { globals: { Request: 'readonly', Response: 'readonly', WebSocketPair: 'readonly' } },
  },
  {
    files: typescript,
    plugins: { '@nx': nx, workspace: projectGraphPlugin },
    rules: {
      'workspace/project-graph': 'error',
      ...boundaries(sourceEdges),
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': everywhere,
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
    },
  },
  { files: ['apps/**/*.tsx', 'libs/**/*.tsx'], ...reactHooks.configs.flat.recommended },
  // It speaks to users of the React Compiler, which the apps don't use.
  { files: ['**/*.tsx'], rules: { 'react-hooks/incompatible-library': 'off' } },
  { files: ['libs/**/src/**'], rules: { 'no-restricted-syntax': inLibraries } },
  {
    files: ['libs/**/src/**'],
    ignores: [...tests, ...nodeLibraries, kernelPorts],
    rules: { ...anyRuntimeRules, 'no-restricted-syntax': inAnyRuntime },
  },
  { files: ['libs/entities/**/src/**'], ignores: tests, rules: { 'no-restricted-syntax': inEntities } },
  {
    files: ['libs/postgres/src/**'],
    ignores: tests,
    rules: { ...socketAdapterRules, 'no-restricted-syntax': inLibraries },
  },
  // The entry of the browser's database worker: a composition root, and its console is the log.
  { files: ['libs/pglite-client/src/worker.ts'], rules: { 'no-console': 'off' } },
  { files: tests, rules: { ...boundaries(specEdges), 'no-restricted-syntax': inTests } },
  { files: ['apps/e2e/**/*.ts'], rules: boundaries(systemTestEdges, ['@millrace/worker']) },
  prettier,
];
