import { SyncError } from '@millrace/kernel';
import type { ClientStatus } from '../core/client-status.js';
import type { Observable } from '../core/observable.js';

/** Resolves once there is a cursor, and with it rows; rejects when that can't come any more without a person. */
export function whenReady(status: Observable<ClientStatus>): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    const end = status.subscribe(look);
    look(status.get());

    function look(now: ClientStatus): void {
      if (now.position !== null) resolve();
      else if (now.phase === 'stopped')
        reject(new SyncError(now.fault?.code ?? 'internal', now.fault?.message ?? 'the client stopped'));
      else if (now.phase === 'closed')
        reject(new SyncError('closed', 'the client was closed before its first rows came'));
      else return;
      queueMicrotask(() => end());
    }
  });
  ready.catch(() => undefined); // an app that does not wait for it must not fail by it
  return ready;
}
