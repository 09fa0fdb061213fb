import type { SchemaOp } from '@millrace/schema-compat';
import type { ColumnMeta } from '@millrace/schema-meta';
import { findCatalogColumn, type CatalogColumn } from './catalog.js';
import type { ColumnFact } from './column-facts.js';
import { columnsIn, expressionSql, forReplica, isCastOfColumn, withColumn } from './expressions.js';
import type { KeptTable, Observed } from './derived-ops.js';
import { inRenameOrder } from './rename-order.js';
import { at } from './statements.js';
import { typeChange } from './type-change.js';

export interface ColumnOps {
  /** In their order, before the new columns. */
  readonly ops: readonly SchemaOp[];
  readonly added: readonly SchemaOp[];
  /** Why the table has to be read anew. */
  readonly rereads: readonly string[];
}

/** What happens to the columns of a table that stays. */
export async function columnOps(table: KeptTable, observed: Observed): Promise<ColumnOps> {
  const work = new ColumnWork(table, observed);
  return work.derive();
}

interface KeptColumn {
  readonly before: ColumnMeta;
  readonly after: ColumnMeta;
  readonly number: number;
}

class ColumnWork {
  readonly #table: KeptTable;
  readonly #observed: Observed;
  readonly #rereads: string[] = [];

  constructor(table: KeptTable, observed: Observed) {
    this.#table = table;
    this.#observed = observed;
  }

  async derive(): Promise<ColumnOps> {
    const { before, after, was, is } = this.#table;
    const then = new Map(before.columns.flatMap((column) => numbered(column, findCatalogColumn(was, column.name))));
    const now = new Map(after.columns.flatMap((column) => numbered(column, findCatalogColumn(is, column.name))));
    const kept = [...now].flatMap(([number, column]): KeptColumn[] => {
      const earlier = then.get(number);
      return earlier ? [{ before: earlier, after: column, number }] : [];
    });
    const ops: SchemaOp[] = [];
    for (const [number, column] of then) {
      if (!now.has(number)) ops.push(await this.#dropped(column, number));
    }
    ops.push(...this.#renames(kept));
    for (const column of kept) ops.push(...(await this.#retyped(column)));
    const added: SchemaOp[] = [];
    for (const [number, column] of now) {
      if (!then.has(number)) added.push(await this.#added(column, number));
    }
    return { ops, added, rereads: this.#rereads };
  }

  /** On the way back its rows have in it what the statement there gives them: clients can't know, unless it is nothing. */
  async #dropped(column: ColumnMeta, number: number): Promise<SchemaOp> {
    const hidden = this.#table.is.columns.has(number);
    const refilled = this.#observed.downFacts.some(
      ({ what, table, expression }) => what === 'added' && table === this.#table.was.oid && expression !== null,
    );
    if (hidden) this.#rereads.push(`the way back shows column ${column.name}`);
    else if (refilled) this.#rereads.push(`the way back fills column ${column.name}`);
    return { op: 'drop-column', table: this.#table.after.name, column };
  }

  #renames(kept: readonly KeptColumn[]): readonly SchemaOp[] {
    const { problems } = this.#observed;
    const table = this.#table.after.name;
    const renamed = kept.filter(({ before, after }) => before.name !== after.name);
    const ordered = inRenameOrder(
      renamed.map(({ before, after }) => [before.name, after.name]),
      () =>
        problems.throw('unsupported', null, `columns of ${table} swap their names`, 'rename them in two migrations'),
    );
    return ordered.map(([from, to]) => ({ op: 'rename-column', table, from, to }));
  }

  async #retyped({ before, after, number }: KeptColumn): Promise<readonly SchemaOp[]> {
    const up = this.#conversion(this.#observed.upFacts, number);
    const down = this.#conversion(this.#observed.downFacts, number);
    const converts = [...up, ...down].some(({ expression }) => expression !== null && !isCastOfColumn(expression));
    if (before.type === after.type && before.clientType === after.clientType && !converts) return [];
    const using = await this.#using(up, { before, after });
    const back = await this.#using(down, {
      before: { ...after, name: before.name },
      after: { ...before, name: after.name },
    });
    const sameText =
      using === null &&
      back === null &&
      (before.clientType === after.clientType || typeChange(before.clientType, after.clientType).sameText);
    return [
      {
        op: 'change-type',
        table: this.#table.after.name,
        column: after.name,
        from: before.type,
        to: after.type,
        clientFrom: before.clientType,
        clientTo: after.clientType,
        using,
        back,
        sameText,
      },
    ];
  }

  #conversion(facts: readonly ColumnFact[], number: number): readonly ColumnFact[] {
    return facts.filter(
      (fact) => fact.what === 'retyped' && fact.table === this.#table.was.oid && fact.number === number,
    );
  }

  /** The conversion as a replica runs it. What it can't run becomes nothing there, and the rows are read anew. */
  async #using(
    facts: readonly ColumnFact[],
    { before, after }: { readonly before: ColumnMeta; readonly after: ColumnMeta },
  ): Promise<string | null> {
    const { catalogBefore, catalogAfter, trial } = this.#observed;
    const [fact] = facts;
    const column = { name: after.name, type: before.clientType };
    if (fact?.expression == null || facts.length > 1) {
      if (facts.length > 1 && facts.some(({ expression }) => expression !== null && !isCastOfColumn(expression))) {
        return this.#unconvertible(after.name, 'it is converted more than once');
      }
      const statement = fact?.statement ?? null;
      if (before.clientType !== after.clientType) await trial.requireCast(column, after.clientType, statement);
      return null;
    }
    const ownTypes = new Set([...catalogBefore.ownTypes, ...catalogAfter.ownTypes]);
    const expression = withColumn(forReplica(fact.expression, ownTypes), before.name, after.name);
    if (isCastOfColumn(expression) && before.clientType === after.clientType) return null;
    if (at(expression, 'ColumnRef') !== undefined) return null;
    if (columnsIn(expression).some((name) => name !== after.name)) {
      return this.#unconvertible(after.name, 'it is converted by other columns');
    }
    const sql = await expressionSql(expression);
    await trial.requireConversion(column, { sql, to: after.clientType, statement: fact.statement });
    return sql;
  }

  #unconvertible(column: string, why: string): string {
    this.#rereads.push(`${column}: ${why}`);
    return 'NULL';
  }

  async #added(column: ColumnMeta, number: number): Promise<SchemaOp> {
    const { problems } = this.#observed;
    const table = this.#table.after.name;
    const found = this.#table.is.columns.get(number);
    const name = `${table}.${column.name}`;
    const op = { op: 'add-column', table, column, value: null } as const;
    if (this.#table.was.columns.has(number)) {
      this.#rereads.push(`column ${column.name} is shown from now on`);
      return op;
    }
    if (found?.generated === 's') {
      this.#rereads.push(`column ${column.name} is computed`);
      return op;
    }
    const fact = this.#observed.upFacts.find(
      (known) => known.what === 'added' && known.table === this.#table.is.oid && known.number === number,
    );
    if (!fact)
      return problems.throw(
        'unsupported',
        null,
        `${name} is added out of sight`,
        'write a plain ALTER TABLE … ADD COLUMN',
      );
    if (found) this.#refuseUnfit(name, { column: found, fact });
    if (fact.expression === null) return op;
    const sql = await expressionSql(fact.expression);
    return { ...op, value: await this.#observed.trial.valueOf(sql, { type: column.type, statement: fact.statement }) };
  }

  #refuseUnfit(name: string, { column, fact }: { readonly column: CatalogColumn; readonly fact: ColumnFact }): void {
    const { problems } = this.#observed;
    if (column.generated === 'v') {
      problems.throw(
        'unsupported',
        fact.statement,
        `${name} is virtual: the log doesn't have its values`,
        'make it STORED',
      );
    }
    const isSerial = fact.expression === null && column.default?.startsWith('nextval(') === true;
    if (column.generated !== 'identity' && !isSerial) return;
    problems.throw(
      'not-immutable',
      fact.statement,
      `${name} gets numbers from a sequence, which clients don't see [M4]`,
      'add the column without it, number the rows with UPDATE, then set the default',
    );
  }
}

function numbered(meta: ColumnMeta, found: CatalogColumn | undefined): readonly (readonly [number, ColumnMeta])[] {
  return found ? [[found.number, meta]] : [];
}
