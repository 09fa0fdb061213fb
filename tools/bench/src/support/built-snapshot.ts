import { schema } from '@millrace/db';
import { layoutOf } from '@millrace/hydration';
import { decodeValue, snapshotAnswerSchema, type SnapshotManifest } from '@millrace/sync-protocol';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { machineNow } from '../core/machine-clock.js';

/** A snapshot of everything that a token's holder may see. */
export interface BuiltSnapshot {
  readonly manifest: SnapshotManifest;
  /** From the first request on; little, where it was there already. */
  readonly seconds: number;
}

/** Asks for a snapshot until it is built, as any client does first. */
export async function buildSnapshot(url: string, token: string): Promise<BuiltSnapshot> {
  const clientId = randomUUID();
  await post(url, '/api/clients', { token, body: { clientId } });
  const layouts = Object.fromEntries(schema.tables.map((table) => [table.name, layoutOf(table)]));
  const wanted = { layouts, tables: null, atLeast: '0', cause: 'new-client' };
  const began = machineNow();
  for (;;) {
    const body = { clientId, schemaVersion: schema.version, ...wanted };
    const answer = decodeValue(snapshotAnswerSchema, await post(url, '/api/snapshots', { token, body }));
    if (answer.state === 'ready') return { manifest: answer.manifest, seconds: (machineNow() - began) / 1000 };
    await sleep(answer.retryAfterMs);
  }
}

async function post(
  url: string,
  path: string,
  { token, body }: { readonly token: string; readonly body: object },
): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
