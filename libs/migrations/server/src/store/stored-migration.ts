import { migrationKinds, schemaMigrationSchema } from '@millrace/schema-compat';
import * as v from 'valibot';

const statements = v.array(
  v.object({
    sql: v.pipe(v.string(), v.minLength(1)),
    params: v.array(v.union([v.string(), v.number(), v.boolean(), v.null()])),
  }),
);

/** A file of `processed/`: what clients and the catalogue get of a migration, and what the server runs. */
export const storedMigrationSchema = v.object({
  ...schemaMigrationSchema.entries,
  serverUp: statements,
  serverDown: statements,
});
export type StoredMigration = v.InferOutput<typeof storedMigrationSchema>;

const name = v.pipe(v.string(), v.minLength(1));

export const manifestEntrySchema = v.object({
  name,
  timestamp: v.pipe(v.number(), v.safeInteger()),
  version: name,
  previous: v.nullable(name),
  dependsOn: v.array(name),
  kind: v.picklist(migrationKinds),
  tightens: v.boolean(),
  relaxes: v.boolean(),
  checksum: name,
  /** Released ones are never edited: databases have them. */
  released: v.boolean(),
  /** What the author says that it means, where that is not what it amounts to, and why it may count for less. */
  declared: v.nullable(v.picklist(migrationKinds)),
  acknowledge: v.nullable(v.string()),
});
export type ManifestEntry = v.InferOutput<typeof manifestEntrySchema>;

/** `schema-manifest.json`: the versions of the schema, oldest first. */
export const manifestSchema = v.object({
  migrations: v.array(manifestEntrySchema),
  /** Versions that once meant something else in a database, and are not given away again [M2]. */
  retired: v.array(name),
});
export type SchemaManifest = v.InferOutput<typeof manifestSchema>;
