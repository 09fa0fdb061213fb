import { errorText, SyncError } from '@millrace/kernel';
import { adminStatusSchema, decodeValue, errorOfProblem, type AdminStatus } from '@millrace/sync-protocol';

const TIMEOUT_MS = 5_000;

/** One answer of `GET /api/admin/status`. Fails with a `SyncError` whose code says what to do. */
export async function fetchStatus(token: string, signal: AbortSignal): Promise<AdminStatus> {
  const response = await ask(token, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw errorOfProblem(response.status, body);
  return decodeValue(adminStatusSchema, body);
}

async function ask(token: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch('/api/admin/status', {
      headers: { authorization: `Bearer ${token}` },
      cache: 'no-store',
      signal,
    });
  } catch (cause) {
    const late = cause instanceof DOMException && cause.name === 'TimeoutError';
    throw late
      ? new SyncError('timeout', 'The server took too long to answer', { cause })
      : new SyncError('network', errorText(cause), { cause });
  }
}
