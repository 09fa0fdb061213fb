import type { PGlite } from '@electric-sql/pglite';
import { SyncError, type SqlConnection, type SqlSession, type TransactionOptions } from '@millrace/kernel';
import { queryText, sqlErrorOf, textParsers } from './pglite-text.js';

/** What every session is pinned to, so that a value has one text [C2]. */
export const SESSION_PINS = `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; set extra_float_digits = 1; set bytea_output = 'hex';`;

/** The SQL port on a PGlite. `close` ends only this view: the database belongs to whoever opened it. */
export function pgliteConnection(pg: PGlite): SqlSession {
  const parsers = textParsers(pg);
  const pinned = pg.exec(SESSION_PINS);
  pinned.catch(() => undefined); // reported by the first statement
  let closed = false;
  let end: (error: Error | null) => void = () => undefined;
  const ended = new Promise<Error | null>((resolve) => (end = resolve));

  async function ready(): Promise<void> {
    if (closed) throw new SyncError('closed', 'the connection to the local database was closed');
    await pinned;
  }

  return {
    ended,
    query: async (sql, params) => {
      await ready();
      return queryText(pg, parsers, sql, params);
    },
    transaction: async <T>(work: (sql: SqlConnection) => Promise<T>, options: TransactionOptions = {}): Promise<T> => {
      await ready();
      let failure: { readonly error: unknown } | null = null;
      try {
        return await pg.transaction(async (tx) => {
          const inner: SqlConnection = {
            query: (sql, params) => queryText(tx, parsers, sql, params),
            transaction: () => Promise.reject(new SyncError('assertion-failed', 'a transaction inside a transaction')),
          };
          try {
            const mode = modeOf(options);
            if (mode !== '') await tx.exec(`set transaction ${mode}`);
            return await work(inner);
          } catch (error) {
            failure = { error };
            throw error;
          }
        });
      } catch (error) {
        throw failure === null ? sqlErrorOf(error) : (failure as { error: unknown }).error;
      }
    },
    close: () => {
      closed = true;
      end(null);
      return Promise.resolve();
    },
  };
}

function modeOf({ isolation, readOnly }: TransactionOptions): string {
  return [isolation ? `isolation level ${isolation}` : '', readOnly ? 'read only' : ''].filter(Boolean).join(', ');
}
