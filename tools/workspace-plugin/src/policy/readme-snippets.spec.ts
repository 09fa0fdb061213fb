import { join } from 'node:path';
import ts from 'typescript';
import { readText, workspaceRoot } from './workspace.js';

const PAGES = [
  'README.md',
  'libs/pglite-client/README.md',
  'libs/testing/harness/README.md',
  'libs/testing/postgres/README.md',
  'tools/embedded-postgres/README.md',
];

/** What a reader brings along: names that a page uses and leaves to the app, or to the import that goes without saying. */
const GIVEN = `
declare const user: { readonly id: string };
declare const id: string;
declare const schema: import('@millrace/schema-meta').SchemaMeta;
declare const validators: import('@millrace/schema-meta').Validators;
declare function getToken(): Promise<string>;
declare function render(rows: readonly Readonly<Record<string, unknown>>[]): void;
declare function show(rows: readonly Readonly<Record<string, unknown>>[]): void;
declare const defineConfig: typeof import('vite').defineConfig;
declare const pg: typeof import('pg');
declare const acquireDatabase: typeof import('@millrace/testing-postgres').acquireDatabase;
declare const startStack: typeof import('@millrace/testing-harness').startStack;
declare const openChromium: typeof import('@millrace/testing-harness').openChromium;
declare const startPostgres: typeof import('@millrace/embedded-postgres').startPostgres;
`;

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['@millrace/source'],
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'],
  types: ['node'],
  jsx: ts.JsxEmit.ReactJSX,
  experimentalDecorators: true,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

/** The TypeScript of a page, one block after the other: a later one may use what an earlier one has made. */
function snippetsOf(page: string): string {
  const blocks = [...readText(page).matchAll(/^```tsx?\n([\s\S]*?)^```/gm)].map(([, code]) => code);
  return `${blocks.join('\n')}\nexport {};\n`;
}

/** Messages of the compiler about the pages, by page. */
function check(pages: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const given = join(workspaceRoot, 'given.d.ts');
  const files = new Map([[given, GIVEN], ...pages.map((page): [string, string] => [fileOf(page), snippetsOf(page)])]);
  const host = ts.createCompilerHost(OPTIONS);
  const { readFile, fileExists, getSourceFile } = host;
  host.getCurrentDirectory = () => workspaceRoot;
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.getSourceFile = (name, version, ...more) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, version, ...more) : ts.createSourceFile(name, text, version);
  };
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  const messagesOf = (page: string) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(fileOf(page)))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  return new Map(pages.map((page) => [page, messagesOf(page)]));
}

const fileOf = (page: string) => join(workspaceRoot, page.replace(/\.md$/, '.snippets.ts'));

describe('the code in', () => {
  let messages: ReadonlyMap<string, readonly string[]>;
  beforeAll(() => {
    messages = check(PAGES);
  }, 120_000);

  it.each(PAGES)('%s compiles', (page) => {
    expect(snippetsOf(page).length).toBeGreaterThan(50);
    expect(messages.get(page)).toEqual([]);
  });
});
