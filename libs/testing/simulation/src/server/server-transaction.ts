import type { CapturedChange } from '@millrace/change-history';
import { applyPatch, must, type Row } from '@millrace/kernel';
import { findTable, keyText, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { TOASTED } from '../schema.js';

export type Tables = Map<string, Map<string, Row>>;

/** A transaction on the simulated database: writes at once, records what the WAL would hold, and can take back to a savepoint. */
export class ServerTransaction {
  readonly changes: CapturedChange[] = [];
  private readonly undo: (() => void)[] = [];

  private readonly tables: Tables;
  private readonly schema: SchemaMeta;
  private readonly stamp: () => string;

  constructor(tables: Tables, schema: SchemaMeta, stamp: () => string) {
    this.tables = tables;
    this.schema = schema;
    this.stamp = stamp;
  }

  find(name: string, key: Row): Row | null {
    return this.rowsOf(name).get(keyText(tableOf(this.schema, name), key)) ?? null;
  }

  insert(name: string, given: Row): void {
    const row = this.triggered(name, given, '1');
    const key = keyText(tableOf(this.schema, name), row);
    must(this.rowsOf(name).has(key) ? null : true, `${name}: duplicate key ${key}`);
    this.store(name, key, row);
    this.record({ table: name, operation: 'insert', newRow: row, oldRow: null });
  }

  update(name: string, key: Row, set: Row): void {
    const old = must(this.find(name, key), `${name}: no such row`);
    const row = this.triggered(name, applyPatch(old, set), (BigInt(old['version'] ?? '0') + 1n).toString());
    this.store(name, keyText(tableOf(this.schema, name), old), null);
    this.store(name, keyText(tableOf(this.schema, name), row), row);
    const unchangedToast = [...TOASTED].filter((column) => row[column] !== null && row[column] === old[column]);
    this.record({ table: name, operation: 'update', newRow: row, oldRow: old }, unchangedToast);
  }

  delete(name: string, key: Row): void {
    const old = must(this.find(name, key), `${name}: no such row`);
    this.store(name, keyText(tableOf(this.schema, name), old), null);
    this.record({ table: name, operation: 'delete', newRow: null, oldRow: old });
  }

  truncate(name: string): void {
    for (const key of [...this.rowsOf(name).keys()]) this.store(name, key, null);
    this.record({ table: name, operation: 'truncate', newRow: null, oldRow: null });
  }

  /** A row of an engine table: captured, not kept here. */
  insertEngineRow(name: string, row: Row, step?: CapturedChange['step']): void {
    this.record({ table: name, operation: 'insert', newRow: row, oldRow: null, ...(step ? { step } : {}) });
  }

  /** In the place of what the stream does not bring of a table. */
  mark(table: string, cause: NonNullable<CapturedChange['cause']>): void {
    this.record({ table, operation: 'fill', newRow: null, oldRow: null, cause });
  }

  /** Takes back everything so far. */
  rollback(): void {
    for (const back of this.undo.reverse()) back();
    this.undo.length = 0;
    this.changes.length = 0;
  }

  private triggered(name: string, row: Row, version: string): Row {
    const values: Row = name === 'notes' ? { version, stamp: this.stamp() } : { version };
    const missing = Object.fromEntries(tableOf(this.schema, name).columns.map((column) => [column.name, null]));
    return applyPatch(applyPatch(missing, row), values);
  }

  private store(name: string, key: string, row: Row | null): void {
    const rows = this.rowsOf(name);
    const before = rows.get(key) ?? null;
    const put = (value: Row | null) => (value === null ? rows.delete(key) : rows.set(key, value));
    this.undo.push(() => put(before));
    put(row);
  }

  private rowsOf(name: string): Map<string, Row> {
    return must(this.tables.get(name), `no table ${name}`);
  }

  private record(
    change: Omit<CapturedChange, 'unchangedToast' | 'recordLsn'>,
    unchangedToast: readonly string[] = [],
  ): void {
    this.changes.push({ ...change, unchangedToast, recordLsn: null });
  }
}

export function tableOf(schema: SchemaMeta, name: string): TableMeta {
  return must(findTable(schema, name), `no table ${name}`);
}
