import { findWorkspaceRoot } from '@millrace/processes';
import { bundleBrowser, bundleServer } from './bundles.js';
import { packageManifest } from './package-manifest.js';
import { schemaEntries } from './schema-entries.js';

const root = findWorkspaceRoot();
const entries = schemaEntries(root);

describe('the bundles', () => {
  it('for Node name only packages that the manifest asks for', async () => {
    const { text } = await bundleServer(entries);
    const required = new Set([...text.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name));
    const { dependencies } = JSON.parse(packageManifest(root, '1.0.0')) as { dependencies: Record<string, string> };
    expect([...required].filter((name) => name !== undefined && !(name in dependencies))).toEqual([]);
    expect(required).toContain('typeorm');
  });

  it('for browsers are ES modules without TypeORM, and small', async () => {
    const { text, gzipBytes } = await bundleBrowser(entries);
    expect(text).toMatch(/export\s*\{/);
    expect(text).not.toMatch(/QueryRunner|PostgresDriver/);
    expect(gzipBytes).toBeLessThanOrEqual(20 * 1024);
  });
});
