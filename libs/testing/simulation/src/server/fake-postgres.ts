import { MIGRATION_TABLE, schemaStepOf, type CapturedChange, type CapturedTransaction } from '@millrace/change-history';
import { lsnFrom, type Row } from '@millrace/kernel';
import { inForce, schemaAfter, translateRow, withStep, type Catalogue, type SchemaStep } from '@millrace/schema-compat';
import { keyText, type SchemaMeta } from '@millrace/schema-meta';
import type { MutationResult } from '@millrace/sync-protocol';
import { matches, type Claims } from '@millrace/sync-rules';
import { schema as first } from '../schema.js';
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
  readonly tables: Tables = new Map(first.tables.map(({ name }) => [name, new Map<string, Row>()]));
  readonly mutations = new Map<string, StoredMutation>();
  readonly clients = new Map<string, { readonly sub: string; lastMutationId: number }>();
  /** Called after each commit. */
  onCommit: () => void = () => undefined;
  private readonly wal: CapturedTransaction[] = [];
  private lastLsn = 0n;
  /** Every step that was taken, whether or not capture has read it. */
  catalogue: Catalogue = { compiled: first, steps: [] };

  /** Runs and commits. An error takes everything back and is thrown on. */
  commit(work: (transaction: ServerTransaction) => void): void {
    const transaction = new ServerTransaction(this.tables, this.schema, () => `stamp-${this.lastLsn + 1n}`);
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
    const transaction = new ServerTransaction(this.tables, this.schema, () => `stamp-${this.lastLsn + 1n}`);
    work(transaction);
    const tables = [...new Set(transaction.changes.map(({ table }) => table))].sort();
    transaction.changes.length = 0;
    for (const table of tables) transaction.mark(table, cause);
    if (tables.length > 0) this.append(transaction);
  }

  get schema(): SchemaMeta {
    return inForce(this.catalogue);
  }

  /** One transaction: the row that says so first, then the change of the tables, which the stream tells nothing of [M1]. */
  migrate(step: SchemaStep): void {
    const row: Row = {
      migration_name: step.migration.name,
      direction: step.direction,
      ordinal: String(this.catalogue.steps.length + 1),
      created_at: '2026-01-01 00:00:00+00',
      migration: JSON.stringify(step.migration),
    };
    this.commit((transaction) => transaction.insertEngineRow(MIGRATION_TABLE, row, schemaStepOf(row)));
    this.catalogue = withStep(this.catalogue, step);
    for (const [name, rows] of [...this.tables]) {
      const told = [...rows].flatMap(([key, row]): [string, Row][] => {
        const next = translateRow({ table: name, row }, [step], { whole: true });
        return next ? [[key, next.row]] : [];
      });
      this.tables.set(name, new Map(told));
    }
    for (const { name } of schemaAfter(step).tables) if (!this.tables.has(name)) this.tables.set(name, new Map());
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
    const table = tableOf(this.schema, name);
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
