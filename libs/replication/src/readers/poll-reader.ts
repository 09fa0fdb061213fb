import { SyncError, maxLsn, parseLsn, type Clock, type Lsn, type Row, type SqlConnection } from '@millrace/kernel';
import { LIMITS } from '@millrace/sync-protocol';
import type { Napper } from '../nap.js';
import type { PgoutputDecoder } from '../pgoutput/decoder.js';
import type { PumpQueue } from '../pump-queue.js';
import { slotError } from '../slot/slot-facts.js';
import { hexToBytes } from './hex.js';

export interface PollReaderOptions {
  /** A session of its own: a peek holds it for as long as the pump makes it wait. */
  readonly sql: SqlConnection;
  readonly slot: string;
  readonly publication: string;
  /** A decoder a poll: each one decodes from the slot's position on, and is told of the relations again. */
  readonly newDecoder: () => PgoutputDecoder;
  readonly queue: PumpQueue;
  readonly pollMs: number;
  /** Woken by `nudge()`. */
  readonly napper: Napper;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A peek ends with the transaction in which it has returned so many messages: it reads all WAL since the slot's position again, so short ones cost the most. */
const PEEK_MESSAGES = 20_000;
/** What one FETCH should bring, in bytes of messages [C6]. */
const FETCH_BYTES = 1024 * 1024;
const FETCH_MOST = 2_000;
/** Between polls it idles for at least so many times what the last one took (F36a). */
const REST_FACTOR = 4;

/** The poll reader [C6]: peeks, hands over, waits until it is persisted and the slot advanced, and looks again. Polls never overlap. */
export async function runPollReader(options: PollReaderOptions): Promise<never> {
  const { clock, signal, pollMs, queue } = options;
  let reachedLsn = 0n as Lsn;
  for (;;) {
    signal.throwIfAborted();
    const began = clock.now();
    const flushLsn = await readFlushLsn(options.sql);
    let more = false;
    if (flushLsn > reachedLsn) {
      more = await peek(options, flushLsn);
      if (!more) {
        await queue.put({ kind: 'reached', lsn: flushLsn });
        reachedLsn = maxLsn(reachedLsn, flushLsn);
      }
      await queue.drained();
    }
    if (!more) await options.napper.nap(Math.max(pollMs, (clock.now() - began) * REST_FACTOR), signal);
  }
}

/** Read before the peek: what commits below it is in that peek. */
async function readFlushLsn(sql: SqlConnection): Promise<Lsn> {
  const { rows } = await sql.query('select pg_current_wal_flush_lsn()::text as lsn');
  return parseLsn(rows[0]?.['lsn'] as string);
}

/** Hands over what the slot holds up to `upTo`; true if there may be more. */
async function peek(options: PollReaderOptions, upTo: Lsn): Promise<boolean> {
  const decoder = options.newDecoder();
  const messages = await options.sql.transaction(async (tx) => {
    await openCursor(tx, options, upTo);
    return readCursor(tx, decoder, options.queue);
  });
  if (decoder.openTransaction !== null) throw new SyncError('decode-failed', 'a peek ended within a transaction');
  return messages >= PEEK_MESSAGES;
}

async function openCursor(tx: SqlConnection, { slot, publication }: PollReaderOptions, upTo: Lsn): Promise<void> {
  const publications = `"${publication.replaceAll('"', '""')}"`;
  await tx.query(
    `declare peek no scroll cursor for
     select lsn::text as lsn, octet_length(data)::text as size, case when octet_length(data) <= ${MESSAGE_BYTES} then encode(data, 'hex') end as data
     from pg_logical_slot_peek_binary_changes($1, $2, ${PEEK_MESSAGES}, 'proto_version', '1', 'publication_names', $3)`,
    [slot, formatPgLsn(upTo), publications],
  );
}

/** A message holds at most an old and a new row; larger ones come as their size alone and are refused as a row above the limit would be. */
const MESSAGE_BYTES = LIMITS.rowChars * 2 + 1024 * 1024;

async function readCursor(tx: SqlConnection, decoder: PgoutputDecoder, queue: PumpQueue): Promise<number> {
  let total = 0;
  let count = 100;
  for (;;) {
    const { rows } = await tx.query(`fetch forward ${count} from peek`);
    const bytes = await handOver(rows, decoder, queue);
    total += rows.length;
    if (rows.length < count) return total;
    count = Math.max(1, Math.min(FETCH_MOST, Math.floor((count * FETCH_BYTES) / Math.max(bytes, 1))));
  }
}

async function handOver(rows: readonly Row[], decoder: PgoutputDecoder, queue: PumpQueue): Promise<number> {
  let bytes = 0;
  for (const row of rows) {
    bytes += Number(row['size']);
    if (row['data'] === null)
      throw new SyncError(
        'limit-exceeded',
        `a change of ${row['size']} bytes is above the limit and cannot be synced [C6]`,
      );
    const transaction = decoder.decode(hexToBytes(row['data'] as string), parseLsn(row['lsn'] as string));
    if (transaction) await queue.put({ kind: 'transaction', transaction });
  }
  return bytes;
}

/** Moves the slot; it never goes back, and an address that it has already passed is no error. */
export async function advanceSlot(sql: SqlConnection, slot: string, lsn: Lsn): Promise<void> {
  try {
    await sql.query(
      `select pg_replication_slot_advance(slot_name, $2::pg_lsn) from pg_replication_slots where slot_name = $1 and confirmed_flush_lsn < $2::pg_lsn`,
      [slot, formatPgLsn(lsn)],
    );
  } catch (error) {
    throw slotError(error, slot);
  }
}

function formatPgLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`;
}
