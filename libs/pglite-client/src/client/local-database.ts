import type { PGlite, Transaction } from '@electric-sql/pglite';
import type { SchemaMeta } from '@millrace/schema-meta';
import { sqlErrorOf, textParsers } from '../store/pglite-text.js';
import { PIN_SESSION } from '../store/session-settings.js';
import { appStatements } from './app-statements.js';
import { checkRecorded, type Validate } from './check-recorded.js';
import type { StoreSummary } from '../core/ports/client-store.js';
import { explainLocalError } from './local-errors.js';
import type { LocalDatabase, Queries, QueryOptions, QueryResult, WriteOptions } from './millrace-client.js';
import type { IdleWatch } from './idle-watch.js';
import type { OwnWrites } from './own-writes.js';
import { refuseUnsupported, statementKind } from './statement-kind.js';

export interface LocalDatabaseOptions {
  readonly pg: PGlite;
  /** In force now. */
  readonly schema: () => SchemaMeta;
  readonly validate: Validate | null;
  readonly watch: IdleWatch;
  readonly own: OwnWrites;
  /** Called when a recorded transaction has committed, with the store as it was then: the client's status tells of a write once it resolves. */
  readonly onRecorded: (summary: StoreSummary) => void;
}

/** The app's view of the local Postgres: writes are checked before they commit, and durable when they resolve. */
export function localDatabase({ pg, schema, validate, watch, own, onRecorded }: LocalDatabaseOptions): LocalDatabase {
  const text = textParsers(pg);
  let unpinned = false;

  async function runAlone<T>(sql: string, params: readonly unknown[], options: QueryOptions): Promise<QueryResult<T>> {
    const result = await pg.query<T>(sql, [...params], options.text ? { parsers: text } : {});
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
    return pinAgain(() =>
      guarded(async () => {
        let summary: StoreSummary | null = null;
        const turn = Promise.withResolvers<void>();
        const running = pg.transaction(async (tx) => {
          turn.resolve();
          const result = await withinTime(work, tx);
          summary = await checkRecorded(pg, {
            schema: schema(),
            validate: wanted ? validate : null,
            onChangedSettings: () => (unpinned = true),
          });
          if (summary) own.committing();
          return result;
        });
        await watch.waiting(() => Promise.race([turn.promise, running]));
        const value = await running.finally(own.over);
        if (summary) onRecorded(summary);
        await pg.syncToFs();
        return value;
      }),
    );
  }

  /** The app's part of a transaction: given up if it waits for what waits for its end. */
  async function withinTime<T>(work: (tx: Queries) => Promise<T>, tx: Transaction): Promise<T> {
    const watched = watch.open();
    const statement = appStatements(pg, tx, text);
    const queries: Queries = {
      query: (sql, params = [], options = {}) =>
        guarded(() =>
          watched.statement(() => statement(refuseUnsupported(sql), params, { text: options.text === true })),
        ),
    };
    try {
      return await Promise.race([work(queries), watched.givenUp]);
    } finally {
      watched.end();
    }
  }

  /** What a function of the app has set outside a transaction outlives the one that found it. */
  async function pinAgain<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      if (unpinned) {
        unpinned = false;
        await pg.exec(PIN_SESSION);
      }
    }
  }

  return {
    transaction,
    query: (sql, params = [], options = {}) => {
      const kind = statementKind(sql);
      if (kind === 'read' || kind === 'alone')
        return guarded(() => watch.waiting(() => runAlone(refuseUnsupported(sql), params, options)));
      return transaction((tx) => tx.query(sql, params, options), options);
    },
  };
}
