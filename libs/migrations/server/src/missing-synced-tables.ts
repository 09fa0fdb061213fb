import { schema as compiledSchema } from '@millrace/db';
import { quoteTable, type SchemaMeta } from '@millrace/schema-meta';
import { withClient } from './with-client.js';

export interface MissingTablesOptions {
  readonly url: string;
  /** Default: the schema compiled from the entities. */
  readonly schema?: SchemaMeta;
}

/** The synced tables that the database lacks, by name. */
export async function missingSyncedTables({
  url,
  schema = compiledSchema,
}: MissingTablesOptions): Promise<readonly string[]> {
  const names = schema.tables.map(({ name }) => name);
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ present: boolean }>(
      'select to_regclass(name) is not null as present from unnest($1::text[]) with ordinality as wanted (name, place) order by place',
      [names.map(quoteTable)],
    );
    return names.filter((_, index) => rows[index]?.present !== true);
  });
}
