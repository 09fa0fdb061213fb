import { MIGRATION_TABLE, type CapturedChange, type FillCause } from '@millrace/change-history';
import { schemaBehind } from '@millrace/schema-compat';
import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import type { DecodedTransaction } from './decoder.js';

/** A table's fill mark as a change: it takes a seq and its place in the chain like any other [M4]. */
export function fillMark(table: string, cause: FillCause): CapturedChange {
  return { table, operation: 'fill', newRow: null, oldRow: null, unchangedToast: [], recordLsn: null, cause };
}

/**
 * Finds in each transaction what history lacks from there on: tables whose columns are others than before without a migration that says so, and
 * tables for which a fill was asked. Remembers the columns of every table, as last seen.
 */
export class FillMarks {
  #schema: SchemaMeta;
  readonly #known: Map<string, string>;
  #changed = false;

  constructor(schema: SchemaMeta, known: ReadonlyMap<string, string>) {
    this.#schema = schema;
    this.#known = new Map(known);
  }

  /** In force behind the last transaction that was marked. */
  get schema(): SchemaMeta {
    return this.#schema;
  }

  /** The transaction's changes with the marks that belong before them. Must be called for every transaction, in order, dropped ones too. */
  mark(decoded: DecodedTransaction): readonly CapturedChange[] {
    const migration = decoded.changes.findLastIndex(({ table }) => table === MIGRATION_TABLE);
    // A migration is announced as such; of what it did to a table the stream tells only when that table is next written to.
    if (migration >= 0) this.#forget();
    for (const { step } of decoded.changes) if (step) this.#schema = schemaBehind(this.#schema, step);
    const marked = new Set(decoded.changes.filter(({ operation }) => operation === 'fill').map(({ table }) => table));
    const marks: CapturedChange[] = [];
    const add = (table: string, cause: FillCause) => {
      if (marked.has(table) || !findTable(this.#schema, table)) return;
      marked.add(table);
      marks.push(fillMark(table, cause));
    };
    for (const { cause, tables } of decoded.fills ?? []) {
      for (const { name, signature } of tables) {
        const news = signature === null || this.#differs(name, signature);
        if (signature !== null) this.#learn(name, signature);
        if (cause !== 'rewritten' || news) add(name, cause);
      }
    }
    for (const [name, signature] of decoded.signatures ?? []) {
      if (this.#differs(name, signature)) add(name, 'rewritten');
      this.#learn(name, signature);
    }
    // Behind a migration: its tables have the names that it gives them.
    return marks.length === 0 ? decoded.changes : decoded.changes.toSpliced(migration + 1, 0, ...marks);
  }

  /** What is known now, if it is not what was known when this was last called; null: nothing is new. */
  takeChanged(): ReadonlyMap<string, string> | null {
    if (!this.#changed) return null;
    this.#changed = false;
    return new Map(this.#known);
  }

  #differs(table: string, signature: string | null): boolean {
    const known = this.#known.get(table);
    return known !== undefined && signature !== known;
  }

  #learn(table: string, signature: string): void {
    if (this.#known.get(table) === signature) return;
    this.#known.set(table, signature);
    this.#changed = true;
  }

  #forget(): void {
    if (this.#known.size > 0) this.#changed = true;
    this.#known.clear();
  }
}
