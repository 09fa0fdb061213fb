import type { RecordedCatalogue } from '@millrace/change-history';
import { SyncError } from '@millrace/kernel';
import { fitOf, inForce } from '@millrace/schema-compat';
import { syncOf } from '../objects/stubs.js';
import type { RouteCall } from './principal.js';

/**
 * The catalogue by which a client's rows are told to it. Throws `schema-unknown`, with the version in force, for one that has to take what lies between, or to
 * be updated, first: only a client whose app cannot take a step is served in the words of before it.
 */
export async function servedSchema(
  c: RouteCall,
  { clientId, schemaVersion }: { readonly clientId: string; readonly schemaVersion: string },
): Promise<RecordedCatalogue> {
  const catalogue = await c.get('millrace').schemas.current();
  const { version } = inForce(catalogue);
  if (schemaVersion === version) return catalogue;
  // Before its first `hello` nobody knows its app; its tables are its app's then.
  const app = (await syncOf(c.env, clientId).appVersion()) ?? schemaVersion;
  if (fitOf(catalogue, { tables: schemaVersion, app }) === 'translate') return catalogue;
  throw new SyncError(
    'schema-unknown',
    `in force is schema ${version}, the client has ${schemaVersion}: ask /api/schema how they fit`,
  );
}
