import { entities } from '../entities.js';
import { SCHEMA_VERSION } from '../schema-version.js';
import { rowTypesSource } from './row-types-source.js';
import { schemaOfEntities } from './schema-of-entities.js';
import { schemaSource } from './schema-source.js';

/** File name → unformatted source of each generated module of this library. */
export async function generatedFiles(): Promise<Readonly<Record<string, string>>> {
  const classes = Object.values(entities);
  const schema = await schemaOfEntities(classes, SCHEMA_VERSION);
  return {
    'schema.generated.ts': schemaSource(schema),
    'rows.generated.ts': await rowTypesSource(classes, schema),
  };
}
