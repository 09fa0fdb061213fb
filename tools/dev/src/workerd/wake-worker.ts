/**
 * Begins capture, so that every change from now on is in the history, and proves that the Worker can reach Postgres.
 * @throws Error with the Worker's own words
 */
export async function wakeWorker(url: string, adminToken: string): Promise<void> {
  const response = await fetch(`${url}/api/admin/wake`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}` },
    signal: AbortSignal.timeout(WAKES_WITHIN_MS),
  });
  if (response.ok) return;
  throw new Error(`the sync server answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
}

const WAKES_WITHIN_MS = 60_000;
