import { findCatalogTable, type Catalog, type RunSql } from '@millrace/migrations-server/processing';
import { quoteTable, type SchemaMeta } from '@millrace/schema-meta';
import type { TwoWay } from './two-way-statement.js';

/**
 * What synced tables need and no entity says: whole old rows in the log [M5], and the trigger that keeps version and times for every writer [W7].
 * `before`: what was there before the migration, so that what it makes anew goes with its table.
 */
export async function syncNeeds(
  schema: SchemaMeta,
  { run, before, now }: { readonly run: RunSql; readonly before: Catalog; readonly now: Catalog },
): Promise<readonly TwoWay[]> {
  const triggers = await run<{ oid: string }>(
    `select tgrelid::text as oid from pg_trigger where tgname = 'keep_row_columns'`,
  );
  return schema.tables.flatMap((table): TwoWay[] => {
    const found = findCatalogTable(now, table.name);
    if (!found) return [];
    const stays = before.tables.has(found.oid);
    const quoted = quoteTable(table.name);
    const back = (statement: string): readonly string[] => (stays ? [statement] : []);
    return [
      ...(found.identity === 'f' || found.identity === 'i'
        ? []
        : [
            {
              up: [`ALTER TABLE ${quoted} REPLICA IDENTITY FULL`],
              down: back(`ALTER TABLE ${quoted} REPLICA IDENTITY DEFAULT`),
            },
          ]),
      ...(table.versionColumn === null || triggers.some(({ oid }) => oid === found.oid)
        ? []
        : [
            {
              up: [
                `CREATE TRIGGER keep_row_columns BEFORE INSERT OR UPDATE ON ${quoted} FOR EACH ROW EXECUTE FUNCTION keep_row_columns()`,
              ],
              down: back(`DROP TRIGGER keep_row_columns ON ${quoted}`),
            },
          ]),
    ];
  });
}
