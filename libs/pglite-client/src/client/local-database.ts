import type { PGlite, Transaction } from '@electric-sql/pglite';
import { SyncError } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import { queryText, sqlErrorOf, textParsers } from '../store/pglite-text.js';
import { checkLimits, checkRows, type Validate } from './check-recorded.js';
import type { StoreSummary } from '../core/ports/client-store.js';
import { readSummary } from '../store/replica-role.js';
import { explainLocalError } from './local-errors.js';
import type { LocalDatabase, Queries, QueryOptions, QueryResult, WriteOptions } from './millrace-client.js';
import { statementKind } from './statement-kind.js';

export interface LocalDatabaseOptions {
  readonly pg: PGlite;
  readonly schema: SchemaMeta;
  readonly validate: Validate | null;
  /** Called when a recorded transaction has committed, with the store as it was then: the client's status tells of a write once it resolves. */
  readonly onRecorded: (summary: StoreSummary) => void;
}

/** The app's view of the local Postgres: writes are checked before they commit, and durable when they resolve. */
export function localDatabase({ pg, schema, validate, onRecorded }: LocalDatabaseOptions): LocalDatabase {
  const text = textParsers(pg);

  async function run<T>(
    target: PGlite | Transaction,
    sql: string,
    params: readonly unknown[],
    options: QueryOptions,
  ): Promise<QueryResult<T>> {
    const result = await target.query<T>(sql, [...params], options.text ? { parsers: text } : {});
    return { rows: result.rows, affectedRows: result.affectedRows ?? 0 };
  }

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explainLocalError(sqlErrorOf(error));
    }
  }

  async function transaction<T>(
    work: (tx: Queries) => Promise<T>,
    { validate: wanted = true }: WriteOptions = {},
  ): Promise<T> {
    return guarded(async () => {
      let summary: StoreSummary | null = null;
      const value = await pg.transaction(async (tx) => {
        const result = await work({
          query: (sql, params = [], options = {}) => guarded(() => run(tx, refuseControl(sql), params, options)),
        });
        const recorded = {
          query: (sql: string, params?: Parameters<typeof queryText>[3]) => queryText(tx, text, sql, params),
        };
        if ((await checkLimits(recorded)) === 0) return result;
        if (wanted && validate) await checkRows(recorded, schema, validate);
        summary = await readSummary(recorded);
        return result;
      });
      if (summary) onRecorded(summary);
      await pg.syncToFs();
      return value;
    });
  }

  return {
    transaction,
    query: (sql, params = [], options = {}) => {
      if (statementKind(sql) === 'write') return transaction((tx) => tx.query(sql, params, options), options);
      return guarded(() => run(pg, refuseControl(sql), params, options));
    },
  };
}

/** A BEGIN or COMMIT by hand would take other callers' statements with it: they share the one session. */
function refuseControl(sql: string): string {
  if (statementKind(sql) !== 'control') return sql;
  throw new SyncError('unsupported-sql', 'Use db.transaction(…) in place of BEGIN, COMMIT and ROLLBACK.');
}
