import type { SchemaMeta } from '@millrace/schema-meta';
import { replicaGuard } from './replica-guard.js';
import { replicaFunctions } from './replica-role.js';
import { writeReportFunctions } from './write-report.js';

/**
 * SQL for what of schema `sync` names the synced tables. Made anew at each start, as this release has it, and with each change of the schema, in whose
 * transaction [M3]: made for another one, it would miss tables, or name those that are gone.
 */
export function madeForSchema(schema: SchemaMeta): string {
  return [replicaGuard(schema), replicaFunctions(schema), writeReportFunctions(schema)].join('\n');
}
