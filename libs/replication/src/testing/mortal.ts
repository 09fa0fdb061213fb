import { SyncError, type OpenReplicationStream, type SqlConnection, type SqlSession } from '@millrace/kernel';
import type { ConfirmedStore } from '../confirmed-store.js';

/** The ports through which a capture has effects. */
export interface Ports {
  readonly openSql: () => Promise<SqlSession>;
  readonly openStream: OpenReplicationStream;
  readonly store: ConfirmedStore;
}

export interface Mortal extends Ports {
  /** Calls so far. */
  readonly calls: number;
  readonly dead: boolean;
  /** Resolves at death. */
  readonly died: Promise<void>;
}

/**
 * Ports of a process that dies at its n-th call: before that call has an effect, or after it had it and nobody learns of it. From then on every
 * call fails, as in a process that is gone.
 */
export function mortal(ports: Ports, deadline: { readonly call: number; readonly when: 'before' | 'after' }): Mortal {
  let calls = 0;
  let dead = false;
  let tellDeath: () => void = () => undefined;
  const died = new Promise<void>((resolve) => (tellDeath = resolve));
  const expire = (): void => {
    dead = true;
    tellDeath();
  };
  const die = (): never => {
    expire();
    throw new SyncError('database-unavailable', 'the process is gone');
  };

  const step = async <T>(effect: () => Promise<T>): Promise<T> => {
    if (dead) return die();
    const last = ++calls === deadline.call;
    if (last && deadline.when === 'before') return die();
    const result = await effect();
    return last || dead ? die() : result;
  };

  /** A connection that was made for a process that is gone is closed by its operating system. */
  const connect = async <T extends { close(): Promise<void> }>(open: () => Promise<T>): Promise<T> => {
    let opened: T | null = null;
    try {
      return await step(async () => (opened = await open()));
    } catch (error) {
      await (opened as T | null)?.close();
      throw error;
    }
  };

  const wrap = (sql: SqlConnection): SqlConnection => ({
    query: (text, params) => step(() => sql.query(text, params)),
    transaction: (work, options) => step(() => sql.transaction((tx) => work(wrap(tx)), options)),
  });

  return {
    openSql: async () => {
      const sql = await connect(ports.openSql);
      return { ...wrap(sql), close: () => sql.close(), ended: sql.ended };
    },
    openStream: async (options) => {
      const stream = await connect(() => ports.openStream(options));
      return {
        messages: () => stream.messages(),
        close: () => stream.close(),
        sendStatus: (lsn) => {
          if (dead) return;
          const last = ++calls === deadline.call;
          if (!last || deadline.when === 'after') stream.sendStatus(lsn);
          if (last) expire();
        },
      };
    },
    store: {
      load: () => step(() => ports.store.load()),
      save: (state) => step(() => ports.store.save(state)),
      loadSignatures: () => step(() => ports.store.loadSignatures()),
      saveSignatures: (signatures) => step(() => ports.store.saveSignatures(signatures)),
      loadWritings: () => step(() => ports.store.loadWritings()),
      saveWritings: (writings) => step(() => ports.store.saveWritings(writings)),
      loadMemberships: () => step(() => ports.store.loadMemberships()),
      saveMemberships: (memberships) => step(() => ports.store.saveMemberships(memberships)),
    },
    get calls() {
      return calls;
    },
    get dead() {
      return dead;
    },
    died,
  };
}
