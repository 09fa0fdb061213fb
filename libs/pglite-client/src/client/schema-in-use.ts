import type { SchemaMeta } from '@millrace/schema-meta';
import type { ClientStatus } from '../core/client-status.js';
import { observable, type Observable } from '../core/observable.js';

/** The schema of the tables, told anew when its version is another one. */
export function schemaInUse(status: Observable<ClientStatus>, schema: () => SchemaMeta): Observable<SchemaMeta> {
  const inUse = observable(schema());
  let version = status.get().schema.version;
  status.subscribe((now) => {
    if (now.schema.version === version) return;
    version = now.schema.version;
    inUse.set(schema());
  });
  return inUse;
}
