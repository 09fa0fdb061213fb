import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { workspaceSources } from './workspace-sources.js';

/**
 * The declarations of these modules and of all that they import from the workspace, as a tree of files that stands by itself: no import of the
 * workspace's own packages is left. `entries`: name of the declaration file → path of its module.
 *
 * @throws Error with what the compiler said
 */
export function writeDeclarations(
  entries: Readonly<Record<string, string>>,
  { root, outDir }: { readonly root: string; readonly outDir: string },
): void {
  const sources = workspaceSources(root);
  const options = compilerOptions(root, outDir, sources);
  const program = ts.createProgram(Object.values(entries), options);
  const place = (source: string) => join(outDir, relative(root, source).replace(/\.ts$/, '.d.ts'));
  const { diagnostics } = program.emit(undefined, (file, text, ...[, , emitted]) => {
    const source = emitted?.[0]?.fileName;
    if (source !== undefined) write(file, standingAlone(text, { from: dirname(place(source)), sources, place }));
  });
  const errors = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (errors.length > 0) throw new Error(ts.formatDiagnostics(errors, formatHost(root)));
  for (const [name, module] of Object.entries(entries)) {
    write(join(outDir, `${name}.d.ts`), `export * from '${importPath(outDir, place(module))}';\n`);
  }
}

/** By `paths`: what the compiler finds through node_modules it declares nothing for. */
function compilerOptions(root: string, outDir: string, sources: Readonly<Record<string, string>>): ts.CompilerOptions {
  return {
    strict: true,
    declaration: true,
    emitDeclarationOnly: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    useDefineForClassFields: false,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    paths: Object.fromEntries(Object.entries(sources).map(([name, path]) => [name, [path]])),
    types: ['node'],
    rootDir: root,
    outDir,
  };
}

interface Placing {
  readonly from: string;
  readonly sources: Readonly<Record<string, string>>;
  readonly place: (source: string) => string;
}

/** Imports of the workspace's packages become paths to their declarations. */
function standingAlone(text: string, { from, sources, place }: Placing): string {
  return text.replace(
    /(from |import\()(["'])(@millrace\/[^"']+)\2/g,
    (all, before: string, quote: string, name: string) => {
      const source = sources[name];
      return source === undefined ? all : `${before}${quote}${importPath(from, place(source))}${quote}`;
    },
  );
}

function importPath(from: string, declaration: string): string {
  const path = relative(from, declaration).replace(/\.d\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function formatHost(root: string): ts.FormatDiagnosticsHost {
  return { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' };
}
