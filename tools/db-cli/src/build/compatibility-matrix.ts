import type { MigrationStore } from '@millrace/migrations-server';
import { fitOf, type Catalogue, type Fit } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';

/** Server version → version of a client's tables and app → how they fit. For people and tests; servers ask the function itself. */
export function compatibilityMatrix(
  { manifest, migrations }: MigrationStore,
  compiled: SchemaMeta,
): Readonly<Record<string, Readonly<Record<string, Fit>>>> {
  const steps = manifest.migrations.flatMap(({ name }) => {
    const migration = migrations.get(name);
    return migration ? [{ migration, direction: 'up' as const }] : [];
  });
  const versions = steps.map(({ migration }) => migration.version);
  return Object.fromEntries(
    versions.map((server, index) => {
      const catalogue: Catalogue = { compiled, steps: steps.slice(0, index + 1) };
      const row = versions.map((client) => [client, fitOf(catalogue, { tables: client, app: client })]);
      return [server, Object.fromEntries(row) as Readonly<Record<string, Fit>>];
    }),
  );
}
