import {
  createTail,
  partFor,
  toHistory,
  type CapturedTransaction,
  type HistoryTransaction,
  type MutationMark,
  type Tail,
} from '@millrace/change-history';
import { chainStart, must, type Position } from '@millrace/kernel';
import type { PullResult } from '@millrace/sync-session';
import { inForce, withStep, type Catalogue } from '@millrace/schema-compat';
import { schema as first } from '../schema.js';
import { tooLargeFor } from './too-large.js';

/** `change_history` in memory: places, chain and tail are the real ones, pages and proofs a model of the queries. */
export class FakeHistory {
  head: Position;
  /** As far as history has come. */
  catalogue: Catalogue = { compiled: first, steps: [] };
  private schema = first;
  /** Version in force behind each place at which it changed. */
  private readonly versions: { readonly seq: bigint; readonly version: string }[] = [
    { seq: 0n, version: first.version },
  ];
  readonly epochs: string[] = [];
  /** Transactions of the epoch in force, above the horizon. */
  private kept: HistoryTransaction[] = [];
  /** Every place where a cursor of the epoch in force may rest: seq → chain. */
  private readonly ends = new Map<bigint, string>();
  /** Marks of all epochs, with their place. */
  private readonly marks: { readonly mark: MutationMark; readonly position: Position }[] = [];
  private tail: Tail = createTail({ maxChars: 4_000 });

  constructor(epoch: string) {
    this.head = { epoch, seq: 0n, chain: chainStart(epoch) };
    this.open();
  }

  append(captured: readonly CapturedTransaction[]): readonly HistoryTransaction[] {
    const from = this.head;
    const transactions = captured.map((each) => {
      const { transaction, schema } = toHistory(each, {
        schema: this.schema,
        source: { decoder: 'pgoutput', reader: 'stream' },
        after: this.head,
      });
      this.head = transaction.position;
      this.schema = schema;
      for (const { step } of each.changes) if (step) this.took(withStep(this.catalogue, step));
      this.ends.set(this.head.seq, this.head.chain);
      if (transaction.mutation) this.marks.push({ mark: transaction.mutation, position: this.head });
      return transaction;
    });
    this.kept.push(...transactions);
    this.tail.append(from, transactions);
    return transactions;
  }

  private took(catalogue: Catalogue): void {
    this.catalogue = catalogue;
    this.versions.push({ seq: this.head.seq, version: this.schema.version });
  }

  /** In force right behind a place [M2]. */
  versionAt({ seq }: Position): string {
    return must(
      this.versions.findLast((each) => each.seq <= seq),
      'in force from the beginning',
    ).version;
  }

  /** seq goes on counting, the chain begins anew [E2]. What was not read of the old one may have held migrations: the database says where it stands. */
  beginEpoch(epoch: string, catalogue: Catalogue): void {
    this.schema = inForce(catalogue);
    this.took(catalogue);
    this.head = { epoch, seq: this.head.seq, chain: chainStart(epoch) };
    this.tail.begin(this.head);
    this.kept = [];
    this.ends.clear();
    this.open();
  }

  /** Forgets the older part; returns the oldest cursor that can still be continued. */
  trim(keep: number): bigint {
    this.kept = this.kept.slice(Math.max(0, this.kept.length - keep));
    this.tail = createTail({ maxChars: 4_000 });
    return this.horizon;
  }

  get horizon(): bigint {
    return this.kept[0] ? this.kept[0].firstSeq - 1n : this.head.seq;
  }

  /** A restart loses what is only in memory. */
  dropTail(): void {
    this.tail = createTail({ maxChars: 4_000 });
  }

  isEnd(position: Position): boolean {
    return position.epoch === this.head.epoch && this.ends.get(position.seq) === position.chain;
  }

  page(after: Position, rowKeys: readonly string[], most: number): PullResult {
    const inMemory = this.tail.page(after, { head: this.head, rowKeys });
    if (inMemory && !inMemory.transactions.some((transaction) => tooLargeFor(transaction).length > 0))
      return { kind: 'page', page: inMemory, complete: true };
    const obstacle = this.obstacle(after);
    if (obstacle) return { kind: obstacle };
    const keys = new Set(rowKeys);
    const hits = this.between(after, this.head).flatMap((transaction) => partFor(transaction, keys) ?? []);
    const [first] = hits;
    const tables = first ? tooLargeFor(first) : [];
    if (first && tables.length > 0) return { kind: 'transaction-too-large', position: first.position, tables };
    const large = hits.findIndex((transaction) => tooLargeFor(transaction).length > 0);
    const transactions = hits.slice(0, large < 0 ? most : Math.min(most, large));
    const complete = transactions.length === hits.length;
    const to = complete ? this.head : (transactions.at(-1)?.position ?? after);
    return { kind: 'page', page: { from: after, to, transactions }, complete };
  }

  /** Why a cursor cannot be continued; null if it can. */
  obstacle(after: Position): 'epoch-changed' | 'below-horizon' | 'cursor-unknown' | null {
    if (after.epoch !== this.head.epoch) return 'epoch-changed';
    if (after.seq < this.horizon) return 'below-horizon';
    return this.isEnd(after) ? null : 'cursor-unknown';
  }

  between(after: Position, to: Position): readonly HistoryTransaction[] {
    return this.kept.filter(({ position }) => position.seq > after.seq && position.seq <= to.seq);
  }

  /** Verdicts of a client whose row lies at or below a position [W5]. */
  verdicts(clientId: string, afterMutation: number, upTo: Position): readonly MutationMark[] {
    return this.marks
      .filter(
        ({ mark, position }) =>
          mark.clientId === clientId && mark.mutationId > afterMutation && position.seq <= upTo.seq,
      )
      .map(({ mark }) => mark);
  }

  placeOf(txId: string): Position | null {
    return this.marks.find(({ mark }) => mark.txId === txId)?.position ?? null;
  }

  private open(): void {
    this.epochs.push(this.head.epoch);
    this.ends.set(this.head.seq, this.head.chain);
  }
}
