import type { SnapshotManifest, SnapshotTable } from '@millrace/sync-protocol';

/**
 * `base` with the tables of `newer` in the place of its own: how a load grows when the tail cannot deliver a transaction of some table, or a
 * table is read anew. Both must be of one epoch and scope.
 */
export function mergeManifests(base: SnapshotManifest, newer: SnapshotManifest): SnapshotManifest {
  const replaced = new Map(newer.tables.map((table) => [table.name, table]));
  const kept = base.tables.filter(({ name }) => !replaced.has(name));
  const tables = [...kept, ...newer.tables];
  return {
    ...base,
    tables,
    position: oldest(tables) ?? base.position,
    upTo: later(base.upTo, newer.upTo),
  };
}

function oldest(tables: readonly SnapshotTable[]): SnapshotManifest['position'] | null {
  return tables.reduce<SnapshotManifest['position'] | null>(
    (first, { position }) => (first === null || BigInt(position.seq) < BigInt(first.seq) ? position : first),
    null,
  );
}

function later(a: SnapshotManifest['upTo'], b: SnapshotManifest['upTo']): SnapshotManifest['upTo'] {
  return BigInt(a.seq) < BigInt(b.seq) ? b : a;
}
