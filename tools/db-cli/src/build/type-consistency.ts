import { join } from 'node:path';
import ts from 'typescript';

/** What the compiler says of a module that is not on disk, a line per error. It stands, for its imports, in `folder`. */
export function typeErrors(source: string, folder: string): readonly string[] {
  const file = join(folder, 'type-consistency.generated.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    useDefineForClassFields: false,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['@millrace/source'],
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path === file || fileExists.call(host, path);
  host.readFile = (path) => (path === file ? source : readFile.call(host, path));
  host.getSourceFile = (path, version) =>
    path === file ? ts.createSourceFile(path, source, version, true) : getSourceFile.call(host, path, version);
  const program = ts.createProgram([file], options, host);
  const own = program.getSourceFile(file);
  return ts.getPreEmitDiagnostics(program, own).map((diagnostic) => {
    const line = own?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    const said = source.split('\n')[line] ?? '';
    const expected = /\/\/ (.*)$/.exec(said)?.[1];
    return expected ?? ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
  });
}
