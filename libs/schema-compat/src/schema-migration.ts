import { schemaMetaSchema } from '@millrace/schema-meta';
import * as v from 'valibot';
import { schemaOpSchema } from './schema-op.js';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const statement = v.pipe(v.string(), v.minLength(1), v.maxLength(1_000_000));
const statements = v.pipe(v.array(statement), v.maxLength(10_000));

/**
 * `additive`: an app that does not know of it goes on as before. `breaking`: an app has to know of it (it declares that by being built with this
 * version or a later one). `patch`: replicas don't notice.
 */
export const migrationKinds = ['patch', 'additive', 'breaking'] as const;
export type MigrationKind = (typeof migrationKinds)[number];

/** One step of a schema: from version `previous` to `version`, or back. A plain value: what `migration:store-sql` writes, the catalogue keeps, and clients get. */
export const schemaMigrationSchema = v.object({
  /** Class name with its timestamp, `AddCreditNotes1764000000000`. */
  name,
  /** Milliseconds; later ones come later. */
  timestamp: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  version: name,
  /** The version that it continues; null for the first. */
  previous: v.nullable(name),
  /** Names of migrations without which it makes no sense; at least the one before it. */
  dependsOn: v.pipe(v.array(name), v.maxLength(1_000)),
  kind: v.picklist(migrationKinds),
  /** Writes of older clients may be refused because of it / older replicas may meet values that they did not expect. */
  tightens: v.boolean(),
  relaxes: v.boolean(),
  /** SHA-256, hex, of all SQL in it, and of the schemas before and after it. */
  checksum: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  ops: v.pipe(v.array(schemaOpSchema), v.maxLength(10_000)),
  /** What a replica runs, a statement each, and what takes it back [A3]. */
  clientUp: statements,
  clientDown: statements,
  /** The schemas in force before and after it; before the first: without tables. */
  before: schemaMetaSchema,
  after: schemaMetaSchema,
});
export type SchemaMigration = v.InferOutput<typeof schemaMigrationSchema>;

/** Which way a migration is taken. */
export type Direction = 'up' | 'down';

/** A migration and the way it is taken. */
export interface SchemaStep {
  readonly migration: SchemaMigration;
  readonly direction: Direction;
}
