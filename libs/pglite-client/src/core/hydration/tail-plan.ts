import type { Position } from '@millrace/kernel';

/** Rows at hand: until which position they hold their table's history. */
export interface HeldTable {
  readonly name: string;
  readonly position: Position;
}

/** What to ask of history so that rows and tail together are whole. */
export interface TailPlan {
  readonly after: Position;
  /** Per table, the seq up to which its rows hold their history, where that lies beyond `after`: what comes before it must not come again. */
  readonly held: Readonly<Record<string, string>>;
}

/**
 * The tail begins at the oldest position of any table; a table whose rows were read later does not get again what they hold: its patches would meet rows
 * that are further on. All positions are of one epoch, and there is at least one table.
 */
export function planTail(tables: readonly HeldTable[]): TailPlan {
  const [first, ...others] = tables.map(({ position }) => position);
  if (!first) throw new RangeError('a tail belongs to at least one table');
  const after = others.reduce((oldest, each) => (each.seq < oldest.seq ? each : oldest), first);
  const later = tables.filter(({ position }) => position.seq > after.seq);
  return { after, held: Object.fromEntries(later.map(({ name, position }) => [name, position.seq.toString()])) };
}
