import { SyncError } from '@millrace/kernel';
import { serverErrorOf, sessionLost } from '../error-mapping.js';

/** What a walsender's error means for capture: the codes of the port. */
export function streamError(error: unknown, slot: string): SyncError {
  if (error instanceof SyncError) return error;
  const server = serverErrorOf(error);
  if (server === null) return sessionLost(error);
  const { code, message } = server;
  if (code === '55006')
    return new SyncError('slot-busy', `replication slot "${slot}" is read by another session: ${message}`, {
      cause: server,
    });
  if (code === '42704' && message.startsWith('replication slot')) {
    return new SyncError('slot-missing', `replication slot "${slot}" does not exist`, { cause: server });
  }
  if (isLost(code, message))
    return new SyncError('slot-lost', `replication slot "${slot}" cannot be read any more: ${message}`, {
      cause: server,
    });
  // The last: the file of the slot's output plug-in is gone.
  if (/^(0A|22|28|3D|42|55)/.test(code) || (code === '58P01' && message.includes('could not access file'))) {
    return new SyncError('database-misconfigured', `replication from slot "${slot}" is refused: ${message}`, {
      cause: server,
    });
  }
  return sessionLost(server);
}

/** Invalidated by max_slot_wal_keep_size or a lowered wal_level, or its WAL files are gone (58P01). */
function isLost(code: string, message: string): boolean {
  if (code === '58P01') return /WAL segment/.test(message);
  return code === '55000' && /can no longer|invalidated|cannot read from logical replication slot/.test(message);
}
