import { SyncError, type Clock } from '@millrace/kernel';
import type { SnapshotAnswer, SnapshotManifest } from '@millrace/sync-protocol';
import { checkManifest } from './check-manifest.js';
import { DOWNLOAD } from './limits.js';
import type { SnapshotSource, SnapshotWish } from './snapshot-source.js';

export interface AwaitManifestOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of each answer that is not the last one. */
  readonly onBuilding: (rows: number, rowEstimate: number) => void;
}

/**
 * Asks until the snapshot is there, as often as the server proposes. Throws `timeout` when the build makes no headway, `closed` when the signal
 * aborts, `snapshot-corrupt` for a manifest that does not add up. Asking again costs nothing: equal requests share one build.
 */
export async function awaitManifest(
  source: Pick<SnapshotSource, 'manifest'>,
  wish: SnapshotWish,
  { clock, signal, onBuilding }: AwaitManifestOptions,
): Promise<SnapshotManifest> {
  let rows = -1;
  let headway = clock.now();
  for (;;) {
    const answer = await source.manifest(wish, signal);
    if (signal.aborted) throw unwanted();
    if (answer.state === 'ready') return checkManifest(answer.manifest, wish);
    onBuilding(answer.rows, answer.rowEstimate);
    // Fewer rows than before is headway, too: a lost build has begun again.
    if (answer.rows !== rows) headway = clock.now();
    rows = answer.rows;
    if (clock.now() - headway > DOWNLOAD.buildSilence)
      throw new SyncError(
        'timeout',
        `the server has not got on with the snapshot for ${DOWNLOAD.buildSilence / 1000} s`,
      );
    await pause(clock, waitOf(answer), signal);
  }
}

function waitOf(answer: Extract<SnapshotAnswer, { state: 'building' }>): number {
  return Math.min(Math.max(answer.retryAfterMs, DOWNLOAD.askAgainLeast), DOWNLOAD.askAgainMost);
}

/** A sleep that ends as `closed` when nobody wants its result any more. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (cause) {
    throw signal.aborted ? unwanted() : cause;
  }
}

export function unwanted(): SyncError {
  return new SyncError('closed', 'the rows are not wanted any more');
}
