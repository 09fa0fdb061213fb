import type { SchemaMeta } from '@millrace/schema-meta';

/**
 * The schema of the position up to which history is persisted [M2]: moved by the pump alone. Decoders begin with it, and switch by themselves at migrations
 * that are ahead of the pump.
 */
export interface SchemaInForce {
  schema: SchemaMeta;
}
