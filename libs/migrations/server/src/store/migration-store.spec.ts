import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entities, schemaOfEntities } from '@millrace/db/server';
import { schema } from '@millrace/db';
import { domainMigrations } from '../domain/index.js';
import { migrationSource } from '../processing/migration-source.js';
import { openTrialDatabase, processChain } from '../processing/index.js';
import { STORE_FOLDER, readStore, writeStore } from './migration-store.js';

describe('the stored migrations', () => {
  it('are those that the classes give now', async () => {
    await using database = await openTrialDatabase();
    const stored = readStore();
    // As if none were released yet: all of it is worked out anew.
    const entries = stored.manifest.migrations.map((entry) => ({ ...entry, released: false }));
    const open = { ...stored, manifest: { ...stored.manifest, migrations: entries } };
    const head = await schemaOfEntities(Object.values(entities), '0.0.0');
    const sources = domainMigrations.map((migration) => migrationSource(migration));
    // If this fails: npm run migration:store-sql
    expect(await processChain({ database, sources, stored: open, head })).toEqual(open);
    expect(stored.manifest.migrations.at(-1)?.version).toBe(schema.version);
    expect(stored.migrations.get(stored.manifest.migrations.at(-1)?.name ?? '')?.after).toEqual(schema);
  });

  it('are written the same way each time, and read again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-store-'));
    try {
      const store = readStore();
      const files = ['processed/1763900000000-domain-tables.json', 'schema-manifest.json'];
      expect(writeStore(store, folder)).toEqual(files);
      expect(writeStore(store, folder)).toEqual([]);
      for (const file of files) {
        expect(readFileSync(join(folder, file), 'utf8')).toBe(readFileSync(join(STORE_FOLDER, file), 'utf8'));
      }
      expect(readStore(folder)).toEqual(store);
      writeFileSync(join(folder, 'schema-manifest.json'), '{"migrations": 7}');
      expect(() => readStore(folder)).toThrow('npm run migration:store-sql');
      expect(writeStore({ manifest: { migrations: [], retired: [] }, migrations: new Map() }, folder)).toEqual(files);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
