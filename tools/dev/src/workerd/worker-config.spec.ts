import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { readBundleModules } from './bundle-modules.js';
import { defaultWorkerConfigFile } from './bundle-worker.js';
import { readWorkerConfig } from './worker-config.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

function file(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

describe('readWorkerConfig', () => {
  it('reads the objects of the product', () => {
    const { namespaces, compatibilityDate } = readWorkerConfig(defaultWorkerConfigFile());
    expect(compatibilityDate).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(namespaces).toContainEqual({ binding: 'REPLICATION', className: 'ReplicationDO' });
  });

  it('names what is wrong with a file', () => {
    expect(() => readWorkerConfig(file('broken.jsonc', '{ "name": '))).toThrow(/broken\.jsonc: ValueExpected/);
    expect(() => readWorkerConfig(file('empty.jsonc', '{ /* nothing */ }'))).toThrow('"compatibility_date" is missing');
  });
});

describe('readBundleModules', () => {
  it('puts the entry first and knows each module by its extension', () => {
    const hash = '0123456789abcdef0123456789abcdef01234567';
    for (const name of [`${hash}-add.wasm`, `${hash}-q.sql`, 'index.js', 'index.js.map', 'README.md']) file(name, '');
    const modules = readBundleModules(folder.path).map(({ name, kind }) => [name, kind]);
    expect(modules[0]).toEqual(['index.js', 'esModule']);
    expect(modules.slice(1).sort()).toEqual([
      [`${hash}-add.wasm`, 'wasm'],
      [`${hash}-q.sql`, 'text'],
    ]);
  });

  it('refuses a folder without an entry', () => {
    const empty = temporaryFolder();
    expect(() => readBundleModules(empty.path)).toThrow('should hold one entry module, but holds 0');
    empty.remove();
  });
});
