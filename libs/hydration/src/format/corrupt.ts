import { SyncError } from '@millrace/kernel';

/** Bytes of a snapshot that are not what they should be. */
export function corrupt(what: string): SyncError {
  return new SyncError('snapshot-corrupt', `the snapshot does not add up: ${what}`);
}
