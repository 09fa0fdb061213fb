import { wakeFailure, wakeSilence } from './wake-failure.js';

const WAKES_WITHIN_MS = 60_000;

/**
 * Begins capture, so that every change from now on is in the history, and proves that the Worker can reach Postgres.
 * @param logFile named in failures that the Worker's words do not explain
 * @throws UserError with the Worker's words and the way out
 */
export async function wakeWorker(url: string, adminToken: string, logFile = 'workerd.log'): Promise<void> {
  const response = await callWake(url, adminToken).catch((error: unknown) => {
    throw wakeSilence(error, logFile);
  });
  if (response.ok) return;
  throw wakeFailure({ status: response.status, body: await response.text() }, logFile);
}

function callWake(url: string, adminToken: string): Promise<Response> {
  return fetch(`${url}/api/admin/wake`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}` },
    signal: AbortSignal.timeout(WAKES_WITHIN_MS),
  });
}
