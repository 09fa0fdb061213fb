import { deepStrictEqual } from 'node:assert/strict';
import { hashTable } from '@millrace/hydration';
import type { MillraceClient } from '@millrace/pglite-client';
import type { TableMeta } from '@millrace/schema-meta';
import { replicaConnection, sourceConnection } from './read-connection.js';
import type { Source } from './source.js';

/** I1: the client's table holds exactly the tenant's rows of the source, by count and hash. Throws what differs. */
export async function expectSameRows(
  { client, source, tenant }: { readonly client: MillraceClient; readonly source: Source; readonly tenant: string },
  table: TableMeta,
): Promise<void> {
  const local = await hashTable(replicaConnection(client), table);
  const server = await hashTable(sourceConnection(source), table, `tenant_id = '${tenant}'`);
  deepStrictEqual({ table: table.name, ...local }, { table: table.name, ...server });
}
