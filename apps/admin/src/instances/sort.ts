import type { AdminInstance } from '@millrace/sync-protocol';

export type InstanceColumn = 'clientId' | 'sub' | 'rowKeys' | 'state' | 'seq' | 'behind' | 'connectedAt';

export interface Order {
  readonly column: InstanceColumn;
  readonly descending: boolean;
}

/** An instance with its distance from the head; null where either end is unknown. */
export interface InstanceRow extends AdminInstance {
  readonly behind: bigint | null;
}

export function instanceRows(instances: readonly AdminInstance[], head: string | null): readonly InstanceRow[] {
  return instances.map((instance) => ({ ...instance, behind: behindBy(instance.seq, head) }));
}

/** Those that contain the text in any of their words. */
export function matchingRows(rows: readonly InstanceRow[], text: string): readonly InstanceRow[] {
  const wanted = text.trim().toLowerCase();
  return rows.filter(({ clientId, sub, rowKeys, state }) =>
    [clientId, sub, ...rowKeys, state?.phase, state?.cause].join(' ').toLowerCase().includes(wanted),
  );
}

/** Unknown values last, whichever way; equal ones by client id, so that the order stands still from second to second. */
export function sortRows(rows: readonly InstanceRow[], { column, descending }: Order): readonly InstanceRow[] {
  const direction = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [valueOf(a, column), valueOf(b, column)];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || byId(a, b);
    if (left === right) return byId(a, b);
    return left < right ? -direction : direction;
  });
}

function valueOf(row: InstanceRow, column: InstanceColumn): string | bigint | null {
  if (column === 'seq') return row.seq === null ? null : BigInt(row.seq);
  if (column === 'state') return row.state && `${row.state.phase} ${row.state.since}`;
  if (column === 'rowKeys') return row.rowKeys.join(' ');
  return row[column];
}

function behindBy(seq: string | null, head: string | null): bigint | null {
  if (seq === null || head === null) return null;
  const distance = BigInt(head) - BigInt(seq);
  return distance < 0n ? 0n : distance;
}

function byId(a: InstanceRow, b: InstanceRow): number {
  return a.clientId < b.clientId ? -1 : 1;
}
