import type { Metafile } from 'esbuild';

/**
 * Circles of value imports among our own files, each once, as the paths along it. Two entity classes that import each other work in one
 * bundler and fail in the next, by which of them is loaded first. Imports of types alone are gone by the time a bundler sees them.
 */
export function importCycles({ inputs }: Metafile): readonly (readonly string[])[] {
  const importsOf = (path: string) =>
    (inputs[path]?.imports ?? [])
      .map((imported) => imported.path)
      .filter((target) => target in inputs && isOurs(target));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) return void cycles.push([...way.slice(at), path]);
    if (done.has(path)) return;
    for (const target of importsOf(path)) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of Object.keys(inputs).filter(isOurs)) visit(path, []);
  return cycles;
}

function isOurs(path: string): boolean {
  return !path.includes('node_modules/');
}
