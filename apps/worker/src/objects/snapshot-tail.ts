import type { HistoryPage, PageResult } from '@millrace/change-history';
import { positionToJson, type Position } from '@millrace/kernel';
import { schemaOfVersion, type Catalogue } from '@millrace/schema-compat';
import type { Fill, TailLine } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { cursorMove, deliver, fillFrame, type Delivery } from '@millrace/sync-session';

/** Per table, the seq (decimal text) up to which the reader's rows hold its history already. */
export type Held = Readonly<Record<string, string>>;

export interface SnapshotTailOptions {
  readonly catalogue: Catalogue;
  /** Schema version of the reader's tables: it is told everything in its words. */
  readonly version: string;
  readonly claims: Claims;
  readonly clientId: string;
  /** The end of history: the tail's end, too. */
  readonly head: Position;
  readonly readPage: (after: Position, upTo: Position, held: Held) => Promise<PageResult>;
}

export interface TailRange {
  readonly after: Position;
  /** seq that the tail must reach. */
  readonly atLeast: bigint;
  readonly held: Held;
}

/**
 * History of (after, head] as its reader's socket would deliver it, less what its rows hold already [S2]. The last line says how it ended: `end`,
 * `fill` with every table that stands in the way between here and the head [S4], or `resync`.
 */
export async function* snapshotTail(
  options: SnapshotTailOptions,
  range: TailRange,
): AsyncGenerator<TailLine, void, void> {
  const { head } = options;
  const { after, atLeast } = range;
  if (after.epoch !== head.epoch) return yield resync('epoch-changed');
  if (atLeast > head.seq || after.seq > head.seq) return yield resync('cursor-unknown');
  const reading = new TailReading(options, range.held);
  let cursor = after;
  while (cursor.seq < head.seq) {
    const result = await options.readPage(cursor, head, reading.held);
    if (result.kind === 'page') {
      yield* reading.lines(result.page);
      cursor = result.page.to;
    } else if (result.kind === 'transaction-too-large') {
      reading.hold({ ...result, cause: 'transaction-too-large', atLeast: result.position.seq });
    } else {
      return yield resync(result.kind);
    }
    if (reading.resync) return yield reading.resync;
    if (reading.outdated) break;
  }
  yield reading.fill ? { kind: 'fill', fill: reading.fill } : { kind: 'end', position: positionToJson(head) };
}

/** What has been found on the way. From the first fill on, nothing is delivered any more: only what else has to be filled is looked for. */
class TailReading {
  fill: Fill | null = null;
  /** A migration has come that the reader's rows are of before: all of them have to be read behind it, and nothing else matters. */
  outdated = false;
  resync: TailLine | null = null;
  held: Held;
  readonly #options: SnapshotTailOptions;

  constructor(options: SnapshotTailOptions, held: Held) {
    this.#options = options;
    this.held = held;
  }

  *lines(page: HistoryPage): Generator<TailLine, void, void> {
    let cursor = page.from;
    for (const transaction of page.transactions) {
      const delivery = this.#deliver(transaction, cursor.seq);
      if (delivery.kind === 'outdated' || delivery.kind === 'stop') {
        this.outdated = true;
        const { catalogue, version } = this.#options;
        const tables = schemaOfVersion(catalogue, version)?.tables.map(({ name }) => name) ?? [];
        return this.hold({ tables, cause: 'schema-changed', atLeast: transaction.position.seq });
      }
      if (delivery.kind === 'resync') {
        this.resync = resync(delivery.cause, delivery.message);
        return;
      }
      if (delivery.messages.length === 0) continue;
      if (!this.fill) yield { kind: 'frames', messages: [...delivery.messages] };
      cursor = transaction.position;
    }
    if (cursor.seq < page.to.seq && !this.fill)
      yield { kind: 'frames', messages: [...cursorMove(cursor.seq, page.to)] };
  }

  /** These tables will be read anew, at `atLeast` or later: nothing of them up to there stands in the way any more. */
  hold({ tables, cause, atLeast }: Pick<Delivery & { kind: 'fill' }, 'tables' | 'cause' | 'atLeast'>): void {
    const former = this.fill;
    const union = new Set([...(former?.tables ?? []), ...tables]);
    this.fill = fillFrame({ tables: [...union], cause: former?.cause ?? cause, atLeast });
    this.held = { ...this.held, ...Object.fromEntries([...union].map((table) => [table, String(atLeast)])) };
  }

  #deliver(transaction: HistoryPage['transactions'][number], from: bigint): Exclude<Delivery, { kind: 'fill' }> {
    const { catalogue, version, claims, clientId } = this.#options;
    for (;;) {
      const held = new Map(Object.entries(this.held).map(([table, seq]) => [table, BigInt(seq)]));
      const delivery = deliver(transaction, { catalogue, version, app: null, claims, clientId, from, held });
      if (delivery.kind !== 'fill') return delivery;
      this.hold(delivery);
    }
  }
}

function resync(cause: (TailLine & { kind: 'resync' })['cause'], message = 'these rows cannot be continued'): TailLine {
  return { kind: 'resync', cause, message };
}
