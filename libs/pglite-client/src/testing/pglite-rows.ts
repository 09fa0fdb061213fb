import { must, type Row, type SqlParam } from '@millrace/kernel';
import { hashTable } from '@millrace/hydration';
import { quoteIdent, type TableMeta } from '@millrace/schema-meta';
import { knownTable } from '../core/fold-changes.js';
import type { LocalPostgres } from '../store/open-pglite.js';
import { queryText, textParsers } from '../store/pglite-text.js';
import { putRows } from '../store/write-rows.js';
import { conformanceSchema } from './conformance-schema.js';
import type { ClientStoreHarness } from './conformance/client-store-world.js';

/** Chunks and hashes of rows of {@link conformanceSchema}, made by a Postgres. */
export function pgliteRows(pg: LocalPostgres): Pick<ClientStoreHarness, 'encodeRows' | 'hashRows'> {
  const query = (sql: string, params: readonly SqlParam[] = []) => queryText(pg, textParsers(pg), sql, params);

  async function withRows<T>(name: string, rows: readonly Row[], work: (copy: TableMeta) => Promise<T>): Promise<T> {
    const copy = { ...knownTable(conformanceSchema, name), name: 'copied' };
    const columns = copy.columns.map((column) => `${quoteIdent(column.name)} ${column.clientType}`);
    const key = copy.key.map(quoteIdent).join(', ');
    await pg.exec(`drop table if exists copied; create table copied (${columns.join(', ')}, primary key (${key}))`);
    await putRows({ query }, copy, rows);
    const result = await work(copy);
    await pg.exec('drop table copied');
    return result;
  }

  return {
    encodeRows: (name, rows) =>
      withRows(name, rows, async () => {
        const { blob } = await pg.query(`copy copied to '/dev/blob' with (format binary)`);
        return new Uint8Array(await must(blob, 'a blob').arrayBuffer());
      }),
    hashRows: (name, rows) => withRows(name, rows, (copy) => hashTable({ query }, copy)),
  };
}
