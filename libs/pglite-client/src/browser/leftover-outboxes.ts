import { type Clock, type Logger } from '@millrace/kernel';
import type { ElsewhereCount, OutboxCount } from '../core/elsewhere-count.js';
import type { KeptKind } from './open-storage.js';

/** A kept database of this principal that is not this tab's. */
export interface LeftoverDatabase {
  /** The slot whose lock its tab would hold. */
  readonly slot: string;
  readonly kind: KeptKind;
  readonly folder: string;
}

/** What is known of a leftover database without opening it, and since when. Gone as soon as a tab uses the database again. */
export interface OutboxMark extends OutboxCount {
  /** ms since 1970. */
  readonly at: number;
}

/** What the browser keeps of the principal's other tabs. */
export interface Leftovers {
  list(): Promise<readonly LeftoverDatabase[]>;
  /** Names of the slots that some tab holds now. */
  held(): Promise<ReadonlySet<string>>;
  /** Takes a slot; null if a tab has it. */
  take(slot: string): Promise<(() => void) | null>;
  readMark(folder: string): Promise<OutboxMark | null>;
  writeMark(folder: string, mark: OutboxMark): Promise<void>;
  remove(database: LeftoverDatabase): Promise<void>;
}

export interface LeftoverPorts extends Leftovers {
  /** Opens it, sends its outbox if `push`, and closes it. */
  drain(database: LeftoverDatabase, options: { readonly push: boolean }): Promise<OutboxCount>;
  /** `busy`: this tab has better to do than open another database. `online`: the server can be reached. */
  state(): 'busy' | 'offline' | 'online';
  onCount(count: ElsewhereCount): void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LeftoverOutboxes {
  /** Looks now, and from time to time. */
  start(): void;
  /** Looks once. One look at a time. */
  sweep(): Promise<void>;
  stop(): void;
}

/** Between two looks. A slot is taken only if it was free at the look before: a page that is reloaded comes back for it. */
const SWEEP_MS = 10_000;
/** After a database could not be opened, or its outbox not be sent. */
const RETRY_MS = 60_000;
/** A database that held nothing unsent and that no tab has used for so long is removed. */
const FORGET_MS = 30 * 24 * 60 * 60 * 1_000;

/**
 * A tab that was closed with unsent writes leaves them in a directory that no other tab opens: any live tab sends them [A5]. Each database is opened once,
 * and again only if something is still to be sent.
 */
export function leftoverOutboxes(ports: LeftoverPorts): LeftoverOutboxes {
  const { clock, logger } = ports;
  const free = new Set<string>();
  const retryAt = new Map<string, number>();
  let stopped = false;
  let cancel: () => void = () => undefined;

  async function sweep(): Promise<void> {
    const held = await ports.held();
    let count: ElsewhereCount = { pending: 0, rejected: 0, unread: 0 };
    for (const database of await ports.list()) {
      if (stopped) return;
      if (held.has(database.slot)) free.delete(database.folder);
      else count = add(count, await look(database));
    }
    if (!stopped) ports.onCount(count);
  }

  async function look(database: LeftoverDatabase): Promise<OutboxMark | null> {
    const { folder, slot } = database;
    const mark = await ports.readMark(folder);
    const wasFree = free.has(folder);
    free.add(folder);
    if (!wasFree || !isDue(folder, mark)) return mark;
    const release = await ports.take(slot);
    if (release === null) return mark;
    try {
      return isForgotten(mark) ? await remove(database) : await drain(database);
    } catch (error) {
      logger.error('a database of another tab could not be read; its writes wait', { folder, error });
      retryAt.set(folder, clock.now() + RETRY_MS);
      return mark;
    } finally {
      release();
    }
  }

  function isDue(folder: string, mark: OutboxMark | null): boolean {
    const state = ports.state();
    if (state === 'busy' || clock.now() < (retryAt.get(folder) ?? 0)) return false;
    return mark === null || isForgotten(mark) || (mark.pending > 0 && state === 'online');
  }

  function isForgotten(mark: OutboxMark | null): boolean {
    return mark !== null && mark.pending === 0 && mark.rejected === 0 && clock.now() - mark.at > FORGET_MS;
  }

  async function remove(database: LeftoverDatabase): Promise<OutboxMark> {
    await ports.remove(database);
    logger.info('a database that no tab has used for long was removed', { folder: database.folder });
    return { pending: 0, rejected: 0, at: clock.now() };
  }

  async function drain(database: LeftoverDatabase): Promise<OutboxMark> {
    const found = await ports.drain(database, { push: ports.state() === 'online' });
    const mark = { pending: found.pending, rejected: found.rejected, at: clock.now() };
    if (mark.pending > 0) retryAt.set(database.folder, clock.now() + RETRY_MS);
    await ports.writeMark(database.folder, mark);
    return mark;
  }

  async function run(): Promise<void> {
    try {
      await sweep();
    } catch (error) {
      logger.warn('outboxes of other tabs could not be looked for', { error });
    }
    if (!stopped) cancel = clock.after(SWEEP_MS, () => void run());
  }

  return {
    start: () => void run(),
    sweep,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

function add(count: ElsewhereCount, mark: OutboxMark | null): ElsewhereCount {
  if (mark === null) return { ...count, unread: count.unread + 1 };
  return { ...count, pending: count.pending + mark.pending, rejected: count.rejected + mark.rejected };
}
