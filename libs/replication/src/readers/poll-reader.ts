import { SyncError, maxLsn, parseLsn, type Clock, type Lsn, type Row, type SqlConnection } from '@millrace/kernel';
import type { Decoder } from '../decoder.js';
import type { Napper } from '../nap.js';
import type { OutputPlugin } from '../output-plugin.js';
import { pumpItemOf, type PumpQueue } from '../pump-queue.js';
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
    let moreFrom: Lsn | null = null;
    if (flushLsn > reachedLsn) {
      moreFrom = await peek(options, flushLsn);
      if (moreFrom === null) {
        await queue.put({ kind: 'reached', lsn: flushLsn });
        reachedLsn = maxLsn(reachedLsn, flushLsn);
      } else await queue.put({ kind: 'reached', lsn: moreFrom, follow: true });
      await queue.drained();
    }
    if (moreFrom === null) await options.napper.nap(Math.max(pollMs, (clock.now() - began) * REST_FACTOR), signal);
  }
}

/** Read before the peek: what commits below it is in that peek. */
async function readFlushLsn(sql: SqlConnection): Promise<Lsn> {
  const { rows } = await sql.query('select pg_current_wal_flush_lsn()::text as lsn');
  return parseLsn(rows[0]?.['lsn'] as string);
}

/** Hands over what the slot holds up to `upTo`; if there may be more, the address from which on. */
async function peek(options: PollReaderOptions, upTo: Lsn): Promise<Lsn | null> {
  const decoder = options.plugin.newDecoder();
  const { messages, endLsn } = await options.sql.transaction(async (tx) => {
    await openCursor(tx, options, upTo);
    return readCursor(tx, options, decoder);
  });
  if (decoder.openTransaction !== null) throw new SyncError('decode-failed', 'a peek ended within a transaction');
  return messages >= PEEK_MESSAGES ? endLsn : null;
}

/** What is fetched of a message that is too large: whose it is. */
const HEAD_BYTES = 16;

/** How messages of each kind are fetched, and what makes bytes of them again. */
const FETCHED = {
  binary: {
    from: 'pg_logical_slot_peek_binary_changes',
    as: (bytes: number) => `encode(substring(data from 1 for ${bytes}), 'hex')`,
    bytes: hexToBytes,
  },
  text: {
    from: 'pg_logical_slot_peek_changes',
    as: (chars: number) => `left(data, ${chars})`,
    bytes: (text: string) => new TextEncoder().encode(text),
  },
} as const;

async function openCursor(tx: SqlConnection, { slot, plugin }: PollReaderOptions, upTo: Lsn): Promise<void> {
  const { from, as } = FETCHED[plugin.output];
  await tx.query(
    `declare peek no scroll cursor for
     select lsn::text as lsn, octet_length(data)::text as size,
       case when octet_length(data) <= ${plugin.messageBytes} then ${as(plugin.messageBytes)} else ${as(HEAD_BYTES)} end as data
     from ${from}($1, $2, ${PEEK_MESSAGES}, variadic $3::text[])`,
    [slot, formatPgLsn(upTo), Object.entries(plugin.options).flat()],
  );
}

interface Peeked {
  readonly messages: number;
  /** Of the last transaction. */
  readonly endLsn: Lsn | null;
}

async function readCursor(tx: SqlConnection, { plugin, queue }: PollReaderOptions, decoder: Decoder): Promise<Peeked> {
  const { messageBytes, output } = plugin;
  let messages = 0;
  let endLsn: Lsn | null = null;
  let count = 100;
  for (;;) {
    const { rows } = await tx.query(`fetch forward ${count} from peek`);
    const handed = await handOver(rows, { decoder, queue, messageBytes, toBytes: FETCHED[output].bytes });
    messages += rows.length;
    endLsn = handed.endLsn ?? endLsn;
    if (rows.length < count) return { messages, endLsn };
    count = Math.max(1, Math.min(FETCH_MOST, Math.floor((count * FETCH_BYTES) / Math.max(handed.bytes, 1))));
  }
}

interface HandOver {
  readonly decoder: Decoder;
  readonly queue: PumpQueue;
  readonly messageBytes: number;
  readonly toBytes: (data: string) => Uint8Array;
}

interface HandedOver {
  readonly bytes: number;
  readonly endLsn: Lsn | null;
}

async function handOver(
  rows: readonly Row[],
  { decoder, queue, messageBytes, toBytes }: HandOver,
): Promise<HandedOver> {
  let bytes = 0;
  let endLsn: Lsn | null = null;
  for (const row of rows) {
    const size = Number(row['size']);
    bytes += size;
    const data = toBytes(row['data'] as string);
    if (size > messageBytes) {
      decoder.refuse(size, data);
      continue;
    }
    const transaction = decoder.decode(data, parseLsn(row['lsn'] as string));
    if (!transaction) continue;
    endLsn = transaction.endLsn;
    await queue.put(pumpItemOf(transaction));
  }
  return { bytes, endLsn };
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
