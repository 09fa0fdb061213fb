import type { CapturedChange, CapturedTransaction } from '@millrace/change-history';
import { lsnFrom, type Row } from '@millrace/kernel';
import { keyText } from '@millrace/schema-meta';
import type { MutationResult } from '@millrace/sync-protocol';
import { matches, type Claims } from '@millrace/sync-rules';
import { schema } from '../schema.js';
import { ServerTransaction, tableOf, type Tables } from './server-transaction.js';

type FillCause = NonNullable<CapturedChange['cause']>;

/** What `client_mutation` holds of a mutation. */
export interface StoredMutation {
  readonly clientId: string;
  readonly sub: string;
  readonly epoch: string;
  readonly result: MutationResult;
  /** How often its changes took effect: more than once breaks I3. */
  readonly effects: number;
}

/** The team's database: rows, commits in order, and the WAL that capture has not read yet. */
export class FakePostgres {
  readonly tables: Tables = new Map(schema.tables.map(({ name }) => [name, new Map<string, Row>()]));
  readonly mutations = new Map<string, StoredMutation>();
  readonly clients = new Map<string, { readonly sub: string; lastMutationId: number }>();
  /** Called after each commit. */
  onCommit: () => void = () => undefined;
  private readonly wal: CapturedTransaction[] = [];
  private lastLsn = 0n;

  /** Runs and commits. An error takes everything back and is thrown on. */
  commit(work: (transaction: ServerTransaction) => void): void {
    const transaction = new ServerTransaction(this.tables, () => `stamp-${this.lastLsn + 1n}`);
    try {
      work(transaction);
    } catch (error) {
      transaction.rollback();
      throw error;
    }
    if (transaction.changes.length > 0) this.append(transaction);
  }

  /**
   * Runs and commits what the stream does not bring: of each table that is touched there is only a mark that its rows have to be read anew, as after
   * a rewriting DDL, or after a transaction that could not be stored [C9, M4].
   */
  commitMarked(cause: FillCause, work: (transaction: ServerTransaction) => void): void {
    const transaction = new ServerTransaction(this.tables, () => `stamp-${this.lastLsn + 1n}`);
    work(transaction);
    const tables = [...new Set(transaction.changes.map(({ table }) => table))].sort();
    transaction.changes.length = 0;
    for (const table of tables) transaction.mark(table, cause);
    if (tables.length > 0) this.append(transaction);
  }

  /** LSN of the last commit. */
  get insertLsn(): bigint {
    return this.lastLsn;
  }

  /** LSN up to which capture has read. */
  get capturedLsn(): bigint {
    return this.wal[0] ? this.wal[0].commitLsn - 1n : this.lastLsn;
  }

  /** The next commits, in order. */
  takeWal(most: number): readonly CapturedTransaction[] {
    return this.wal.splice(0, most);
  }

  /** The slot is gone: what was not read never will be. */
  loseWal(): number {
    return this.wal.splice(0).length;
  }

  /** The rows that these claims may see, in key order. */
  rowsInScope(name: string, claims: Claims): readonly Row[] {
    const table = tableOf(name);
    return [...(this.tables.get(name)?.values() ?? [])]
      .filter((row) => matches(table.read, row, claims) === true)
      .sort((a, b) => (keyText(table, a) < keyText(table, b) ? -1 : 1));
  }

  private append(transaction: ServerTransaction): void {
    this.lastLsn += 1n;
    this.wal.push({
      xid: this.lastLsn,
      commitLsn: lsnFrom(this.lastLsn),
      endLsn: lsnFrom(this.lastLsn),
      commitTime: '2026-01-01 00:00:00+00',
      changes: [...transaction.changes],
    });
    this.onCommit();
  }
}
