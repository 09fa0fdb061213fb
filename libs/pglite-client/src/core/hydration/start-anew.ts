import { SyncError } from '@millrace/kernel';
import type { ResyncCause } from '@millrace/sync-protocol';

/** The rows that are being loaded cannot be continued: all are to be read anew, for this cause (I12). */
export class StartAnew extends SyncError {
  readonly resyncCause: ResyncCause;
  /** seq that the new rows must hold, so that the same ones are not handed out again. */
  readonly atLeast: bigint;

  constructor(resyncCause: ResyncCause, message: string, atLeast = 0n) {
    super('snapshot-failed', message);
    this.resyncCause = resyncCause;
    this.atLeast = atLeast;
  }
}
