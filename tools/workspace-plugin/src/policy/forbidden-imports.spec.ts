import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lint, lintWithStoredGraph, type LintMessage, type LintProbe } from './workspace.js';

const BOUNDARIES = '@nx/enforce-module-boundaries';

interface Case extends LintProbe {
  readonly title: string;
  /** Absent: the code passes. */
  readonly refusedBy?: string;
  readonly because?: RegExp;
}

const typeImport = (specifier: string) => `import type { Probe } from '${specifier}';\nexport type Used = Probe;\n`;
const valueImport = (specifier: string) => `import { probe } from '${specifier}';\nexport const used = probe;\n`;

const cases: Case[] = [
  {
    title: 'the engine imports an entity',
    file: 'libs/replication/src/probe.ts',
    code: valueImport('@millrace/entities-core'),
    refusedBy: BOUNDARIES,
    because: /"type:engine" can only depend on/,
  },
  {
    title: 'the engine imports the type of an entity',
    file: 'libs/replication/src/probe.ts',
    code: typeImport('@millrace/entities-core'),
    refusedBy: BOUNDARIES,
    because: /"type:engine" can only depend on/,
  },
  {
    title: 'a spec of the engine imports an entity',
    file: 'libs/replication/src/probe.spec.ts',
    code: valueImport('@millrace/entities-core'),
    refusedBy: BOUNDARIES,
    because: /"type:engine" can only depend on/,
  },
  {
    title: 'the client imports capture',
    file: 'libs/pglite-client/src/probe.ts',
    code: valueImport('@millrace/replication'),
    refusedBy: BOUNDARIES,
    because: /"scope:client" can only depend on/,
  },
  {
    title: 'the client imports migrations that need Node',
    file: 'libs/pglite-client/src/probe.ts',
    code: valueImport('@millrace/migrations-server'),
    refusedBy: BOUNDARIES,
    because: /"runtime:any" can only depend on/,
  },
  {
    title: 'an engine library imports a Node module',
    file: 'libs/hydration/src/probe.ts',
    code: valueImport('node:fs'),
    refusedBy: 'no-restricted-imports',
    because: /no Node modules/,
  },
  {
    title: 'an engine library imports a Node module by its bare name',
    file: 'libs/hydration/src/probe.ts',
    code: valueImport('fs/promises'),
    refusedBy: 'no-restricted-imports',
    because: /no Node modules/,
  },
  {
    title: 'an engine library imports a Cloudflare module',
    file: 'libs/sync-session/src/probe.ts',
    code: valueImport('cloudflare:workers'),
    refusedBy: 'no-restricted-imports',
    because: /apps\/worker/,
  },
  {
    title: 'an engine library imports a Node module when it runs',
    file: 'libs/hydration/src/probe.ts',
    code: "export const load = () => import('node:fs');\n",
    refusedBy: 'no-restricted-syntax',
    because: /no Node modules/,
  },
  {
    title: 'an engine library imports a Node module by its bare name when it runs',
    file: 'libs/hydration/src/probe.ts',
    code: "export const load = () => import('fs');\n",
    refusedBy: 'no-restricted-syntax',
    because: /no Node modules/,
  },
  {
    title: 'an engine library imports a part of a Node module when it runs',
    file: 'libs/hydration/src/probe.ts',
    code: "export const load = () => import('fs/promises');\n",
    refusedBy: 'no-restricted-syntax',
    because: /no Node modules/,
  },
  {
    title: 'an engine library imports a Node module by a template when it runs',
    file: 'libs/hydration/src/probe.ts',
    code: 'export const load = () => import(`node:fs`);\n',
    refusedBy: 'no-restricted-syntax',
    because: /no Node modules/,
  },
  {
    title: 'an engine library imports a Cloudflare module when it runs',
    file: 'libs/hydration/src/probe.ts',
    code: "export const load = () => import('cloudflare:workers');\n",
    refusedBy: 'no-restricted-syntax',
    because: /apps\/worker/,
  },
  {
    title: 'an engine library reaches process through the global object',
    file: 'libs/hydration/src/probe.ts',
    code: 'export const env = () => globalThis.process.env;\n',
    refusedBy: 'no-restricted-properties',
  },
  {
    title: 'an engine library takes process out of the global object',
    file: 'libs/hydration/src/probe.ts',
    code: 'export const env = () => {\n  const { process } = globalThis;\n  return process;\n};\n',
    refusedBy: 'no-restricted-properties',
  },
  {
    title: 'an engine library sets a timer of the global object',
    file: 'libs/hydration/src/probe.ts',
    code: 'export const later = (task: () => void) => globalThis.setTimeout(task, 1);\n',
    refusedBy: 'no-restricted-properties',
  },
  {
    title: 'an engine library uses Buffer',
    file: 'libs/hydration/src/probe.ts',
    code: "export const bytes = () => Buffer.from('a');\n",
    refusedBy: 'no-restricted-globals',
  },
  {
    title: 'an entity library imports a Node module when it runs',
    file: 'libs/entities/core/src/probe.ts',
    code: "export const load = () => import('node:fs');\n",
    refusedBy: 'no-restricted-syntax',
    because: /no Node modules/,
  },
  {
    title: 'the adapter of Postgres reaches process',
    file: 'libs/postgres/src/probe.ts',
    code: 'export const env = () => process.env;\n',
    refusedBy: 'no-restricted-globals',
  },
  {
    title: 'the client imports change history',
    file: 'libs/pglite-client/src/probe.ts',
    code: valueImport('@millrace/change-history'),
    refusedBy: BOUNDARIES,
    because: /"scope:client" can only depend on/,
  },
  {
    title: 'the client imports sync session',
    file: 'libs/pglite-client/src/probe.ts',
    code: valueImport('@millrace/sync-session'),
    refusedBy: BOUNDARIES,
    because: /"scope:client" can only depend on/,
  },
  {
    title: 'the client imports mutations',
    file: 'libs/pglite-client/src/probe.ts',
    code: valueImport('@millrace/mutations'),
    refusedBy: BOUNDARIES,
    because: /"scope:client" can only depend on/,
  },
  {
    title: 'the client imports postgres',
    file: 'libs/pglite-client/src/probe.ts',
    code: valueImport('@millrace/postgres'),
    refusedBy: BOUNDARIES,
    because: /"type:engine" can only depend on/,
  },
  {
    title: 'the demo imports the history',
    file: 'apps/demo/src/probe.ts',
    code: valueImport('@millrace/change-history'),
    refusedBy: BOUNDARIES,
    because: /"scope:demo" can only depend on/,
  },
  {
    title: 'an engine library imports a database driver',
    file: 'libs/mutations/src/probe.ts',
    code: valueImport('pg'),
    refusedBy: BOUNDARIES,
  },
  {
    title: 'an engine library reads the clock',
    file: 'libs/sync-session/src/probe.ts',
    code: 'export const now = () => Date.now();\n',
    refusedBy: 'no-restricted-properties',
  },
  {
    title: 'an engine library sets a timer',
    file: 'libs/sync-session/src/probe.ts',
    code: 'export const later = (task: () => void) => setTimeout(task, 1);\n',
    refusedBy: 'no-restricted-globals',
  },
  {
    title: 'a library exports everything of a file',
    file: 'libs/sync-session/src/probe.ts',
    code: "export * from './index.js';\n",
    refusedBy: 'no-restricted-syntax',
  },
  {
    title: 'a file turns a rule off for itself',
    file: 'libs/sync-session/src/probe.ts',
    code: '/* eslint-disable */\nexport const now = () => Date.now();\n',
    refusedBy: 'no-restricted-properties',
  },
  {
    title: 'an entity column leaves its type to metadata that bundlers do not emit',
    file: 'libs/entities/core/src/probe.ts',
    code: "import { Column } from 'typeorm';\nexport class Probe {\n  @Column()\n  name!: string;\n}\n",
    refusedBy: 'no-restricted-syntax',
  },
  {
    title: 'the engine imports the history',
    file: 'libs/replication/src/probe.ts',
    code: valueImport('@millrace/change-history'),
  },
  {
    title: 'an engine library imports a word that begins like a Node module',
    file: 'libs/hydration/src/probe.ts',
    code: "export const load = () => import('./fs-like.js');\n",
  },
  {
    title: 'the adapter of Postgres uses the Buffer of its driver',
    file: 'libs/postgres/src/probe.ts',
    code: "export const bytes = () => Buffer.from('a');\n",
  },
  {
    title: 'the client imports hydration',
    file: 'libs/pglite-client/src/probe.ts',
    code: typeImport('@millrace/hydration'),
  },
  {
    title: 'a spec of the engine imports a real database',
    file: 'libs/replication/src/probe.pg.spec.ts',
    code: valueImport('@millrace/testing-postgres'),
  },
];

describe('lint', () => {
  let messages: LintMessage[][];

  beforeAll(async () => {
    messages = await lint(cases);
  });

  it.each(cases.map((probe, index) => ({ ...probe, index })).filter(({ refusedBy }) => refusedBy))(
    'refuses: $title',
    ({ index, refusedBy, because = /./ }) => {
      expect(messages[index]).toContainEqual({ ruleId: refusedBy, message: expect.stringMatching(because) });
    },
  );

  it.each(cases.map((probe, index) => ({ ...probe, index })).filter(({ refusedBy }) => !refusedBy))(
    'allows: $title',
    ({ index }) => {
      expect(messages[index]).toEqual([]);
    },
  );
});

describe('lint without a stored project graph, as in a fresh clone', () => {
  const nothingStored = mkdtempSync(join(tmpdir(), 'millrace-no-graph-'));
  afterAll(() => rmSync(nothingStored, { recursive: true }));

  it('says that imports between projects are not checked, rather than letting them pass', async () => {
    const probe = { file: 'libs/replication/src/probe.ts', code: valueImport('@millrace/entities-core') };
    const [messages] = await lintWithStoredGraph([probe], nothingStored);
    expect(messages).toContainEqual({
      ruleId: 'workspace/project-graph',
      message: expect.stringContaining('npm run lint:file'),
    });
  });
});
