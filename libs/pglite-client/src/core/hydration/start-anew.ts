import { SyncError } from '@millrace/kernel';
import type { ResyncCause } from '@millrace/sync-protocol';

/** The rows that are being loaded cannot be continued: all are to be read anew, for this cause (I12). */
export class StartAnew extends SyncError {
  readonly resyncCause: ResyncCause;

  constructor(resyncCause: ResyncCause, message: string) {
    super('snapshot-failed', message);
    this.resyncCause = resyncCause;
  }
}
