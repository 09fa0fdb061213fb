import { emptyRow, hasColumn, type Row } from '@millrace/kernel';
import { setColumn } from './set-column.js';
import type { CapturedChange } from './transaction.js';

/** What of an update is stored. */
export interface RowDelta {
  readonly data: Row;
  readonly oldData: Row;
  /** Columns that `oldData` omits since their TOASTed value is the same before and after. */
  readonly unchangedToast: readonly string[];
}

/**
 * An update as history keeps it [C4]: the columns whose text changed over the old row less what did not change and is large. Where the row
 * moved (`moved`: another row key or primary key) both rows are kept whole, since somebody sees it for the first or last time and
 * cannot patch.
 */
export function rowDelta(
  change: CapturedChange & { readonly newRow: Row; readonly oldRow: Row },
  moved: boolean,
): RowDelta {
  const { newRow, oldRow, unchangedToast } = change;
  if (moved) return { data: newRow, oldData: oldRow, unchangedToast: [] };
  return {
    data: changedColumns(newRow, oldRow),
    oldData: unchangedToast.length === 0 ? oldRow : without(oldRow, unchangedToast),
    unchangedToast,
  };
}

/** A column of which the old row says nothing counts as changed: with an identity index that is all we know [M5]. */
function changedColumns(newRow: Row, oldRow: Row): Row {
  const changed = emptyRow();
  for (const column of Object.keys(newRow)) {
    const value = newRow[column] as string | null;
    if (!hasColumn(oldRow, column) || oldRow[column] !== value) setColumn(changed, column, value);
  }
  return changed;
}

function without(row: Row, columns: readonly string[]): Row {
  const rest = emptyRow();
  for (const column of Object.keys(row))
    if (!columns.includes(column)) setColumn(rest, column, row[column] as string | null);
  return rest;
}
