import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where the bundles begin, as the text of modules: which entity libraries there are is read from `@millrace/db`. */
export interface SchemaEntries {
  readonly root: string;
  readonly server: string;
  readonly browser: string;
  /** The package that exports an entity class. */
  importsOf(entity: string): string;
}

export function schemaEntries(root: string): SchemaEntries {
  const libraries = entityLibraries(root);
  const classes = libraries.map(({ name }) => `export * from '${name}';`).join('\n');
  return {
    root,
    server: `import 'reflect-metadata';
${classes}
export { entities, entityOptions, createDataSource, RefuseStaleVersions } from '@millrace/db/server';
export { schema, SCHEMA_VERSION, validators } from '@millrace/db';
export { domainMigrations as migrations } from '@millrace/migrations-server/domain';
`,
    browser: `${classes}
export { schema, SCHEMA_VERSION, validators } from '@millrace/db';
`,
    importsOf: (entity) =>
      libraries.find(({ source }) => new RegExp(`\\b${entity}\\b`).test(source))?.name ?? '@millrace/entities-shared',
  };
}

function entityLibraries(root: string): readonly { readonly name: string; readonly source: string }[] {
  const folder = join(root, 'libs/entities');
  return readdirSync(folder)
    .sort()
    .map((area) => ({
      name: `@millrace/entities-${area}`,
      source: readFileSync(join(folder, area, 'src/index.ts'), 'utf8'),
    }));
}
