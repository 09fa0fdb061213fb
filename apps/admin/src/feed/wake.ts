import { errorText, SyncError } from '@millrace/kernel';
import { errorOfProblem } from '@millrace/sync-protocol';

/** The server waits so long for Postgres itself before it says why not. */
const TIMEOUT_MS = 30_000;

/** `POST /api/admin/wake`: capture begins, and stays while somebody is there. Fails with a `SyncError` in the server's words. */
export async function wake(token: string): Promise<void> {
  const response = await ask(token);
  if (!response.ok) throw errorOfProblem(response.status, await response.json().catch(() => null));
}

async function ask(token: string): Promise<Response> {
  try {
    return await fetch('/api/admin/wake', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new SyncError('network', errorText(cause), { cause });
  }
}
