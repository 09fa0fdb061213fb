import { SyncError, maxLsn, parseLsn, type Clock, type Lsn, type Row, type SqlConnection } from '@millrace/kernel';
import type { Decoder } from '../decoder.js';
import type { Napper } from '../nap.js';
import type { OutputPlugin } from '../output-plugin.js';
import type { PumpQueue } from '../pump-queue.js';
import { slotError } from '../slot/slot-facts.js';
import { hexToBytes } from './hex.js';

export interface PollReaderOptions {
  /** A session of its own: a peek holds it for as long as the pump makes it wait. */
  readonly sql: SqlConnection;
  readonly slot: string;
  /** It gives a decoder a poll: each one decodes from the slot's position on, and is told of the relations again. */
  readonly plugin: OutputPlugin;
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
  const decoder = options.plugin.newDecoder();
  const messages = await options.sql.transaction(async (tx) => {
    await openCursor(tx, options, upTo);
    return readCursor(tx, options, decoder);
  });
  if (decoder.openTransaction !== null) throw new SyncError('decode-failed', 'a peek ended within a transaction');
  return messages >= PEEK_MESSAGES;
}

/** How messages of each kind are fetched, and what makes bytes of them again. */
const FETCHED = {
  binary: { from: 'pg_logical_slot_peek_binary_changes', as: "encode(data, 'hex')", bytes: hexToBytes },
  text: { from: 'pg_logical_slot_peek_changes', as: 'data', bytes: (text: string) => new TextEncoder().encode(text) },
} as const;

async function openCursor(tx: SqlConnection, { slot, plugin }: PollReaderOptions, upTo: Lsn): Promise<void> {
  const { from, as } = FETCHED[plugin.output];
  await tx.query(
    `declare peek no scroll cursor for
     select lsn::text as lsn, octet_length(data)::text as size, case when octet_length(data) <= ${plugin.messageBytes} then ${as} end as data
     from ${from}($1, $2, ${PEEK_MESSAGES}, variadic $3::text[])`,
    [slot, formatPgLsn(upTo), Object.entries(plugin.options).flat()],
  );
}

async function readCursor(tx: SqlConnection, { plugin, queue }: PollReaderOptions, decoder: Decoder): Promise<number> {
  let total = 0;
  let count = 100;
  for (;;) {
    const { rows } = await tx.query(`fetch forward ${count} from peek`);
    const bytes = await handOver(rows, { decoder, queue, toBytes: FETCHED[plugin.output].bytes });
    total += rows.length;
    if (rows.length < count) return total;
    count = Math.max(1, Math.min(FETCH_MOST, Math.floor((count * FETCH_BYTES) / Math.max(bytes, 1))));
  }
}

interface HandOver {
  readonly decoder: Decoder;
  readonly queue: PumpQueue;
  readonly toBytes: (data: string) => Uint8Array;
}

async function handOver(rows: readonly Row[], { decoder, queue, toBytes }: HandOver): Promise<number> {
  let bytes = 0;
  for (const row of rows) {
    const size = Number(row['size']);
    bytes += size;
    const data = row['data'] ?? decoder.refuse(size);
    const transaction = decoder.decode(toBytes(data), parseLsn(row['lsn'] as string));
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
