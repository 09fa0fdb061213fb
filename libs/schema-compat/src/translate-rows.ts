import { hasColumn, type Row } from '@millrace/kernel';
import type { SchemaStep } from './schema-migration.js';
import type { SchemaOp } from './schema-op.js';
import { opsOf } from './schema-step.js';

/** A change on its way from one version to another. */
export interface TranslatedRow {
  readonly table: string;
  readonly row: Row;
}

/**
 * One row, or a part of one, as another version has it. `whole`: columns that the row cannot know get the value that existing rows have there;
 * a part stays a part. null: the table is not there. Throws `schema-unknown` if a value has no text in the other version: {@link isTranslatable} tells that beforehand.
 */
export function translateRow(
  from: TranslatedRow,
  steps: readonly SchemaStep[],
  { whole }: { readonly whole: boolean },
): TranslatedRow | null {
  let at: TranslatedRow | null = from;
  for (const step of steps) {
    for (const op of opsOf(step)) {
      if (at === null) return null;
      at = translateByOp(at, op, { whole });
    }
  }
  return at;
}

/** Names of columns, by the same ops: a verdict's columns, a hash's columns. A column that is not there is left out. */
export function translateColumns(
  table: string,
  columns: readonly string[],
  steps: readonly SchemaStep[],
): readonly string[] {
  const row = Object.fromEntries(columns.map((column) => [column, null]));
  const translated = translateRow({ table, row }, steps, { whole: false });
  return translated ? Object.keys(translated.row) : [];
}

/** The table's name in the other version; null if it is not there. */
export function translateTable(table: string, steps: readonly SchemaStep[]): string | null {
  return translateRow({ table, row: {} }, steps, { whole: false })?.table ?? null;
}

/** What tells of tables and columns, in the words of another version: left out where they are not there. */
export function translateReason<Reason extends Names>(reason: Reason, steps: readonly SchemaStep[]): Reason {
  if (reason.table === undefined || steps.length === 0) return reason;
  const { table, columns, ...rest } = reason;
  const theirs = translateTable(table, steps);
  return {
    ...rest,
    ...(theirs === null ? {} : { table: theirs }),
    ...(columns && { columns: [...translateColumns(table, columns, steps)] }),
  } as Reason;
}

interface Names {
  readonly table?: string | undefined;
  readonly columns?: readonly string[] | undefined;
}

/** One step's one op of {@link translateRow}. */
export function translateByOp(
  at: TranslatedRow,
  op: SchemaOp,
  { whole }: { readonly whole: boolean },
): TranslatedRow | null {
  if (op.op === 'rename-table') return at.table === op.from ? { ...at, table: op.to } : at;
  if (op.op === 'add-table') return at;
  if (op.op === 'drop-table') return at.table === op.table.name ? null : at;
  if (at.table !== op.table) return at;
  switch (op.op) {
    case 'add-column':
      return whole && !hasColumn(at.row, op.column.name)
        ? { ...at, row: { ...at.row, [op.column.name]: op.value } }
        : at;
    case 'drop-column':
      return { ...at, row: without(at.row, op.column.name) };
    case 'rename-column':
      return hasColumn(at.row, op.from)
        ? {
            ...at,
            row: Object.fromEntries(
              Object.entries(at.row).map(([key, value]) => [key === op.from ? op.to : key, value]),
            ),
          }
        : at;
    case 'change-type':
    case 'tighten':
    case 'relax':
    case 'reread':
      return at;
  }
}

function without(row: Row, column: string): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== column));
}
