import { schemaMetaSchema } from '@millrace/schema-meta';
import { fits, schemaMigrationSchema } from '@millrace/schema-compat';
import * as v from 'valibot';
import { nameSchema } from '../schemas.js';

/**
 * Answer of `GET /api/schema?version=V&tables=T&app=A` (V absent: the version in force). Immutable for a given V. `fit`: of a client
 * with these tables and this app; null if it named none.
 */
export const schemaAnswerSchema = v.object({
  schema: schemaMetaSchema,
  /** The version in force now. */
  inForce: nameSchema,
  fit: v.nullable(v.picklist(fits)),
});
export type SchemaAnswer = v.InferOutput<typeof schemaAnswerSchema>;

/** Answer of `GET /api/migrations?from=V`: the steps from V to the version in force, in order; `unknown`: this server never had V. */
export const migrationsAnswerSchema = v.variant('state', [
  v.object({
    state: v.literal('known'),
    inForce: nameSchema,
    steps: v.array(v.object({ direction: v.picklist(['up', 'down']), migration: schemaMigrationSchema })),
  }),
  v.object({ state: v.literal('unknown'), inForce: nameSchema }),
]);
export type MigrationsAnswer = v.InferOutput<typeof migrationsAnswerSchema>;
