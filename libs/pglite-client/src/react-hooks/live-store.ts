import type { MillraceClient } from '../client/millrace-client.js';
import { observable, type Observable } from '../core/observable.js';

/** What a component sees of a live query. */
export interface QueryState<T> {
  readonly rows: readonly T[];
  /** Until the first rows of this statement are here; `rows` are those of the statement before, if there was one. */
  readonly loading: boolean;
  readonly error: Error | null;
}

/** The rows that a component shows, kept over a change of its statement: a list does not go blank while the next one is found. */
export interface ShownRows<T> {
  rows: readonly T[];
}

/** A live query that runs while somebody subscribes. */
export function liveStore<T>(
  client: MillraceClient,
  query: { readonly sql: string; readonly params: readonly unknown[] },
  shown: ShownRows<T>,
): Observable<QueryState<T>> {
  const state = observable<QueryState<T>>({ rows: shown.rows, loading: true, error: null });
  let subscribers = 0;
  let end: () => void = () => undefined;

  function start(): void {
    let wanted = true;
    const failed = (error: Error) => {
      if (wanted) state.set({ rows: [], loading: false, error });
    };
    const show = (rows: T[]) => {
      if (!wanted) return;
      shown.rows = rows;
      state.set({ rows, loading: false, error: null });
    };
    const starting = client.live<T>(query.sql, query.params, show, failed);
    starting.catch(failed);
    end = () => {
      wanted = false;
      starting.then((stop) => stop()).catch(() => undefined); // it never began, which was shown, or the client is closed
    };
  }

  return {
    get: state.get,
    subscribe: (listener) => {
      const unsubscribe = state.subscribe(listener);
      subscribers += 1;
      if (subscribers === 1) start();
      return () => {
        unsubscribe();
        subscribers -= 1;
        if (subscribers === 0) end();
      };
    },
  };
}
