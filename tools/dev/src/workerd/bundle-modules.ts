import { readdirSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

/** How workerd takes a module. */
export type ModuleKind = 'esModule' | 'wasm' | 'text' | 'data' | 'json';

export interface BundleModule {
  /** As other modules import it. */
  readonly name: string;
  readonly kind: ModuleKind;
  readonly path: string;
}

const KINDS: Readonly<Record<string, ModuleKind>> = {
  '.js': 'esModule',
  '.mjs': 'esModule',
  '.wasm': 'wasm',
  '.sql': 'text',
  '.txt': 'text',
  '.html': 'text',
  '.bin': 'data',
  '.json': 'json',
};

/**
 * The modules of a bundle that wrangler made, the entry first. Its README and source maps are no modules.
 * @throws Error if the folder holds no entry, or more than one
 */
export function readBundleModules(bundleDir: string): BundleModule[] {
  const modules = readdirSync(bundleDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const kind = KINDS[extname(entry.name)];
      return kind === undefined ? [] : [{ name: relative(bundleDir, path).split(sep).join('/'), kind, path }];
    });
  // wrangler bundles all scripts into one file named after the entry; others begin with the hash of their content.
  const entries = modules.filter(
    ({ kind, name }) => kind === 'esModule' && !name.includes('/') && !/^[0-9a-f]{40}-/.test(name),
  );
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw new Error(`${bundleDir} should hold one entry module, but holds ${entries.length}`);
  }
  return [entry, ...modules.filter((module) => module !== entry)];
}
