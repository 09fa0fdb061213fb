import { must, silentLogger, systemClock, systemRandom, type Row } from '@millrace/kernel';
import type { ClientStore } from '../core/ports/client-store.js';
import { findTable, quoteIdent, quoteTable, type TableMeta } from '@millrace/schema-meta';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { describeClientStore } from '../testing/conformance/client-store.js';
import type { LocalWrite } from '../testing/local-write.js';
import { pgliteRows } from '../testing/pglite-rows.js';
import { queryText, textParsers } from './pglite-text.js';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { pgliteStore } from './pglite-store.js';

let pg: LocalPostgres;
const query = (sql: string, params: readonly (string | null)[] = []) => queryText(pg, textParsers(pg), sql, params);
let last: ClientStore;
const tableOf = (name: string): TableMeta => must(findTable(last.schema(), name), name);

beforeAll(async () => {
  pg = await openPGlite();
});
afterAll(() => pg.close());

describeClientStore('PGlite', async () => {
  await pg.exec('drop schema if exists sync cascade; drop schema public cascade; create schema public');
  return {
    open: async () => {
      const store = pgliteStore({
        pg,
        schema: conformanceSchema,
        newClientId: systemRandom.uuid(),
        logger: silentLogger,
        clock: systemClock,
      });
      await store.open();
      last = store;
      return store;
    },
    write: async (...writes) => {
      await pg.transaction(async (tx) => {
        for (const write of writes) {
          const { sql, params } = statement(write);
          await queryText(tx, textParsers(pg), sql, params);
        }
      });
    },
    rows: async (name) => {
      const table = tableOf(name);
      const columns = table.columns.map((column) => quoteIdent(column.name)).join(', ');
      return (
        await query(`select ${columns} from ${quoteTable(name)} order by ${table.key.map(quoteIdent).join(', ')}`)
      ).rows;
    },
    ...pgliteRows(pg),
  };
});

function statement(write: LocalWrite): { sql: string; params: readonly (string | null)[] } {
  const table = quoteTable(write.table);
  const equal = (row: Row, start: number, glue: string) =>
    Object.keys(row)
      .map((column, index) => `${quoteIdent(column)} = $${start + index}`)
      .join(glue);
  switch (write.operation) {
    case 'insert': {
      const columns = Object.keys(write.row);
      return {
        sql: `insert into ${table} (${columns.map(quoteIdent).join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
        params: Object.values(write.row),
      };
    }
    case 'update': {
      const set = Object.keys(write.set).length;
      return {
        sql: `update ${table} set ${equal(write.set, 1, ', ')} where ${equal(write.key, set + 1, ' and ')}`,
        params: [...Object.values(write.set), ...Object.values(write.key)],
      };
    }
    case 'delete':
      return { sql: `delete from ${table} where ${equal(write.key, 1, ' and ')}`, params: Object.values(write.key) };
  }
}
