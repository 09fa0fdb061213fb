import type { SnapshotAnswer, SnapshotManifest, SnapshotRequest, SnapshotTable } from '@millrace/sync-protocol';
import { must, systemClock } from '@millrace/kernel';
import type { RawClient } from './raw-client.js';
import type { TokenOf } from './tokens.js';

const REQUEST = {
  schemaVersion: '1.0.0',
  formats: ['binary'],
  tables: null,
  atLeast: '0',
  cause: 'new-client',
} as const;

/** One request for a snapshot, by hand. */
export function orderSnapshot(
  client: RawClient,
  request: Partial<SnapshotRequest> = {},
  token: Partial<TokenOf> = {},
): Promise<Response> {
  return client.post(
    '/api/snapshots',
    { ...REQUEST, formats: ['binary'], clientId: client.clientId, ...request },
    token,
  );
}

/** Asks until the snapshot is there, as a client does. `onBuilding` sees each answer before. */
export async function readySnapshot(
  client: RawClient,
  request: Partial<SnapshotRequest> = {},
  onBuilding: (rows: number) => void = () => undefined,
): Promise<SnapshotManifest> {
  for (;;) {
    const response = await orderSnapshot(client, request);
    if (!response.ok) throw new Error(`no snapshot: ${response.status} ${await response.text()}`);
    const answer = (await response.json()) as SnapshotAnswer;
    if (answer.state === 'ready') return answer.manifest;
    onBuilding(answer.rows);
    await systemClock.sleep(Math.min(answer.retryAfterMs, 200));
  }
}

export function tableOf(manifest: SnapshotManifest, name: string): SnapshotTable {
  return must(
    manifest.tables.find((table) => table.name === name),
    `the manifest has no table ${name}`,
  );
}

/** A chunk, as anybody may ask for it. */
export async function requestChunk(
  { baseUrl, clientId, token }: RawClient,
  id: string,
  n: number | string,
  more: Partial<TokenOf> = {},
): Promise<Response> {
  return fetch(`${baseUrl}/api/snapshots/${id}/chunks/${n}?client=${clientId}`, {
    headers: { authorization: `Bearer ${await token(more)}` },
  });
}
