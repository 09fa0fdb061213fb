import { schemaMigrationSchema } from '@millrace/schema-compat';
import * as v from 'valibot';

/**
 * Server → client: here the schema changes [M1]. `must-migrate`: part of the open transaction; the client takes step, rows and cursor together, or
 * keeps its cursor before it [M3]. `must-update-app`: between transactions; the client's app cannot take it, and nothing more comes over this
 * socket. `translate`: between transactions; what follows comes in the words of the client's version.
 */
export const schemaChangeSchema = v.object({
  type: v.literal('schema-change'),
  fit: v.picklist(['must-migrate', 'must-update-app', 'translate']),
  migration: schemaMigrationSchema,
  direction: v.picklist(['up', 'down']),
});
export type SchemaChange = v.InferOutput<typeof schemaChangeSchema>;
