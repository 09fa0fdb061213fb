import { must, SyncError } from '@millrace/kernel';
import type { LocalDatabase, Queries, WriteOptions } from '../client/millrace-client.js';

interface OpenTransaction {
  readonly tx: Queries;
  readonly end: (how: 'commit' | 'rollback') => void;
  readonly done: Promise<void>;
}

/** Interactive transactions whose statements come one by one from the page. */
export interface Transactions {
  begin(options: WriteOptions): Promise<number>;
  of(id: number): Queries;
  commit(id: number): Promise<void>;
  rollback(id: number): Promise<void>;
}

/** Thrown inside a transaction to roll it back; never seen outside. */
const ROLLBACK = new SyncError('closed', 'rolled back');

export function transactions(db: LocalDatabase): Transactions {
  const open = new Map<number, OpenTransaction>();
  let last = 0;

  function begin(options: WriteOptions): Promise<number> {
    const id = (last += 1);
    return new Promise((resolve, reject) => {
      let end: OpenTransaction['end'] = () => undefined;
      const ended = new Promise<'commit' | 'rollback'>((settle) => (end = settle));
      const done = db.transaction(async (tx) => {
        open.set(id, { tx, end, done });
        resolve(id);
        if ((await ended) === 'rollback') throw ROLLBACK;
      }, options);
      done.catch(reject); // after `begin` resolved this is void, and `commit` reports it
    });
  }

  function take(id: number): OpenTransaction {
    return must(open.get(id), `no open transaction ${id}`);
  }

  return {
    begin,
    of: (id) => take(id).tx,
    commit: async (id) => {
      const { end, done } = take(id);
      open.delete(id);
      end('commit');
      await done;
    },
    rollback: async (id) => {
      const { end, done } = take(id);
      open.delete(id);
      end('rollback');
      await done.catch((error: unknown) => {
        if (error !== ROLLBACK) throw error;
      });
    },
  };
}
