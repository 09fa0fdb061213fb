import { assert, formatLsn, must, positionToJson } from '@millrace/kernel';
import type { SnapshotManifest, SnapshotTable } from '@millrace/sync-protocol';
import type { SnapshotView } from './snapshot-view.js';
import type { FinishedBuild } from './table-build.js';

export interface ManifestContext {
  readonly id: string;
  readonly view: SnapshotView;
  readonly scope: string;
  readonly rulesVersion: string;
}

/**
 * What a reader needs to load these builds, which may have been read at different positions: history is taken up at the oldest of them, and
 * has to reach as far as the latest one's rows may show [S2].
 */
export function manifestOf(builds: readonly FinishedBuild[], context: ManifestContext): SnapshotManifest {
  const oldest = must(builds.toSorted(byPosition)[0], 'a manifest without tables');
  const upTo = must(
    builds
      .map((build) => build.upTo)
      .toSorted((a, b) => compare(a.seq, b.seq))
      .at(-1),
    'no upTo',
  );
  assert(
    builds.every(({ content }) => content.position.epoch === upTo.epoch),
    'one manifest, one epoch',
  );
  return {
    version: 1,
    id: context.id,
    createdAt: new Date(Math.min(...builds.map(({ createdAt }) => createdAt))).toISOString(),
    schemaVersion: context.view.version,
    rulesVersion: context.rulesVersion,
    scope: context.scope,
    position: positionToJson(oldest.content.position),
    lsn: formatLsn(oldest.content.lsn),
    upTo: positionToJson(upTo),
    tables: builds.map((build) => tableOf(build, context)),
  };
}

function tableOf({ id, table, format, content }: FinishedBuild, { view }: ManifestContext): SnapshotTable {
  const told = must(view.told.get(table), 'a build of a table of the schema');
  return {
    name: told.name,
    id,
    format,
    columns: [...told.columns],
    position: positionToJson(content.position),
    rows: content.rows,
    rawBytes: content.rawBytes,
    hash: content.hash,
    keyRange: content.keyRange,
    chunks: [...content.chunks],
  };
}

function byPosition(a: FinishedBuild, b: FinishedBuild): number {
  return compare(a.content.position.seq, b.content.position.seq);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
