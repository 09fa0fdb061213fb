import type { PGlite } from '@electric-sql/pglite';
import { errorText, type Clock, type Logger } from '@millrace/kernel';
import { quoteIdent, quoteLiteral } from '@millrace/schema-meta';
import { changeChannel, plainName } from '../store/change-channel.js';
import { UNLESS_APPLIED } from '../store/silence.js';
import { tableDependencies, type ReadTable } from './table-dependencies.js';

/** Statements that run again whenever a table that they read has changed. */
export interface LiveQueries {
  /**
   * Calls `onRows` with the rows now (before this resolves) and after each change. Changes that come while a statement runs are seen by one
   * more run, however many they were. Resolves to the end of it. `onError`: a later run failed, since what it reads has changed under it; the last rows
   * stay, and the next change tries again.
   */
  subscribe<T>(
    sql: string,
    params: readonly unknown[],
    onRows: (rows: T[]) => void,
    onError?: (error: unknown) => void,
  ): Promise<() => Promise<void>>;
  /** Tables are other ones now: each statement is looked at anew, runs again, or tells its subscriber what is wrong with it. */
  schemaChanged(): void;
}

interface Subscription {
  readonly run: () => Promise<void>;
  /** It was told of tables that may be other ones now. */
  stale: boolean;
  ended: boolean;
}

/** No statement waits longer than this for its turn because another one was slow. */
const MAX_REST_MS = 1_000;

/**
 * Live queries of one database. Not PGlite's own: those keep a view per query, which stands in the way of a migration, and read a `%` in a
 * statement with parameters as a format.
 */
export function liveQueries(
  pg: PGlite,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): LiveQueries {
  const queue = new Set<Subscription>();
  const active = new Set<Subscription>();
  const watched = new Map<string, Promise<string>>();
  let running = false;

  /**
   * One statement at a time, and after each a rest as long as it took. PGlite keeps its thread while it runs: without the rest, messages of the
   * server would be let in one by one, each followed by all statements, and a slow statement would hold the replica ever further behind.
   */
  const runAll = async () => {
    running = true;
    for (let next = takeNext(); next; next = takeNext()) {
      const began = clock.now();
      await next.run();
      await clock.sleep(Math.min(clock.now() - began, MAX_REST_MS));
    }
    running = false;
  };

  const takeNext = () => {
    const [next] = queue;
    if (next) queue.delete(next);
    return next;
  };

  const touch = (subscription: Subscription) => {
    queue.add(subscription);
    if (!running) void runAll();
  };

  return {
    async subscribe<T>(
      sql: string,
      params: readonly unknown[],
      onRows: (rows: T[]) => void,
      onError?: (error: unknown) => void,
    ) {
      let ends: readonly (() => Promise<void>)[] = [];
      const subscription: Subscription = {
        stale: false,
        ended: false,
        run: async () => {
          if (subscription.ended) return;
          try {
            if (subscription.stale) await listen();
            const { rows } = await pg.query<T>(sql, [...params]);
            if (!subscription.ended) onRows(rows);
          } catch (error) {
            // It ran before: what it reads has changed under it (a dropped table). Its last rows stay; the next change tries again.
            logger.warn('a live query failed', { reason: errorText(error) });
            if (!subscription.ended) onError?.(error);
          }
        },
      };
      const stopAll = async () => {
        for (const stop of ends) await stop();
        ends = [];
      };
      const listen = async () => {
        subscription.stale = false;
        try {
          const tables = await tableDependencies(pg, sql);
          const channels = await Promise.all(tables.map((table) => watch(table)));
          const next: (() => Promise<void>)[] = [];
          for (const channel of channels) next.push(await pg.listen(channel, () => touch(subscription)));
          await stopAll();
          ends = next;
        } catch (error) {
          subscription.stale = true;
          throw error;
        }
        if (subscription.ended) await stopAll();
      };
      const end = async () => {
        subscription.ended = true;
        active.delete(subscription);
        await stopAll();
      };
      // Listened to first, read after: a change between the two runs it once more, and none is missed.
      await listen();
      active.add(subscription);
      try {
        onRows((await pg.query<T>(sql, [...params])).rows);
      } catch (error) {
        await end();
        throw error;
      }
      return end;
    },
    schemaChanged: () => {
      watched.clear();
      for (const subscription of active) {
        subscription.stale = true;
        touch(subscription);
      }
    },
  };

  /** Lets a table tell of local changes; returns its channel. */
  function watch(table: ReadTable): Promise<string> {
    const name = `${quoteIdent(table.schema)}.${quoteIdent(table.table)}`;
    const known = watched.get(name) ?? installTrigger(name, table);
    watched.set(name, known);
    known.catch(() => watched.delete(name));
    return known;
  }

  async function installTrigger(name: string, table: ReadTable): Promise<string> {
    const { rows } = await pg.query<{ channel: string; kind: string }>(
      `select ${changeChannel('$1::text')} as channel, relkind as kind from pg_class where oid = ${quoteLiteral(name)}::regclass`,
      [plainName(table)],
    );
    const [found] = rows;
    if (!found) throw new Error(`there is no table ${name}`);
    if (found.kind === 'r' || found.kind === 'p') {
      await pg.exec(`
        create schema if not exists sync;
        create or replace function sync.tell_change() returns trigger language plpgsql as $$
        begin
          perform pg_notify(${changeChannel("tg_table_schema || '.' || tg_table_name")}, '');
          return null;
        end $$;
        create or replace trigger zz_tell_change after insert or update or delete or truncate on ${name}
          for each statement ${UNLESS_APPLIED} execute function sync.tell_change();
      `);
    }
    return found.channel;
  }
}
