import type { Metafile } from 'esbuild';
import { importCycles } from './import-cycles.js';

function metafile(imports: Readonly<Record<string, readonly string[]>>): Metafile {
  const inputs = Object.entries(imports).map(([path, targets]) => [
    path,
    { bytes: 1, imports: targets.map((target) => ({ path: target, kind: 'import-statement' as const })) },
  ]);
  return { inputs: Object.fromEntries(inputs) as Metafile['inputs'], outputs: {} };
}

describe('import cycles', () => {
  it('are none where files only point one way, twice to the same one included', () => {
    expect(importCycles(metafile({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toEqual([]);
  });

  it('are told as the way along them, each once', () => {
    expect(importCycles(metafile({ index: ['invoice'], invoice: ['payment'], payment: ['invoice'] }))).toEqual([
      ['invoice', 'payment', 'invoice'],
    ]);
  });

  it('of packages are not ours to mend', () => {
    expect(
      importCycles(
        metafile({ 'node_modules/x/a.js': ['node_modules/x/b.js'], 'node_modules/x/b.js': ['node_modules/x/a.js'] }),
      ),
    ).toEqual([]);
  });
});
