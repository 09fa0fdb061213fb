import type {
  SnapshotAnswer,
  SnapshotManifest,
  SnapshotRequest,
  SnapshotTable,
  TailRequest,
} from '@millrace/sync-protocol';
import { schema } from '@millrace/db';
import { layoutOf } from '@millrace/hydration';
import { must, systemClock } from '@millrace/kernel';
import type { RawClient } from './raw-client.js';
import type { TokenOf } from './tokens.js';

const REQUEST = {
  schemaVersion: '1.0.0',
  layouts: Object.fromEntries(schema.tables.map((table) => [table.name, layoutOf(table)])),
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
  return client.post('/api/snapshots', { ...REQUEST, clientId: client.clientId, ...request }, token);
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

/** Everything that a client would load, as text in which a secret would be found: manifest, unpacked chunks, and the tail after them. */
export async function snapshotText(client: RawClient): Promise<string> {
  const manifest = await readySnapshot(client);
  const parts = [JSON.stringify(manifest)];
  for (const { id, chunks } of manifest.tables) {
    for (const n of chunks.keys()) {
      const response = await requestChunk(client, id, n);
      if (!response.ok) throw new Error(`no chunk ${n}: ${response.status}`);
      if (response.headers.get('cache-control') !== 'private, no-store')
        throw new Error('a chunk that caches may keep');
      parts.push(Buffer.from(await response.arrayBuffer()).toString('latin1'));
    }
  }
  const held = Object.fromEntries(manifest.tables.map(({ name, position }) => [name, position.seq]));
  const request: TailRequest = {
    clientId: client.clientId,
    schemaVersion: '1.0.0',
    after: manifest.position,
    atLeast: manifest.upTo.seq,
    held,
  };
  const tail = await client.post('/api/tail', request);
  if (!tail.ok) throw new Error(`no tail: ${tail.status} ${await tail.text()}`);
  parts.push(await tail.text());
  return parts.join('\n');
}
