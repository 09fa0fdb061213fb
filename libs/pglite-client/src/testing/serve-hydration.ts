import { positionToJson, type Position } from '@millrace/kernel';
import type { SnapshotTable, TailLine } from '@millrace/sync-protocol';
import type { Hydration, TableLoad } from '../core/ports/client-store.js';
import { conformanceSchema } from './conformance-schema.js';
import { at, frames } from './conformance/client-store-world.js';
import type { ScriptedTransport } from './scripted-transport.js';

/** Lets the test's server hand out this hydration as manifest, chunks and tail. Its tables were read right before its tail begins. */
export async function serveHydration(
  transport: ScriptedTransport,
  hydration: Hydration,
  schemaVersion = conformanceSchema.version,
): Promise<void> {
  const first = hydration.tail[0];
  const read = first ? at(Number(first.position.seq) - 1) : hydration.position;
  const chunks = new Map<string, Uint8Array<ArrayBuffer>>();
  const tables: SnapshotTable[] = [];
  for (const [index, load] of hydration.tables.entries()) {
    const id = `00000000-0000-4000-8000-${(index + 1).toString().padStart(12, '0')}`;
    tables.push(await manifestOf(load, { id, read, chunks }));
  }
  transport.onSnapshot = ({ tables: wanted }) => ({
    state: 'ready',
    manifest: {
      version: 1,
      id: '00000000-0000-4000-8000-00000000ffff',
      createdAt: '2026-01-01T00:00:00.000Z',
      schemaVersion,
      rulesVersion: 'rules-1',
      scope: hydration.scope,
      position: positionToJson(read),
      lsn: '00000000/00000000',
      upTo: positionToJson(read),
      tables: tables.filter((table) => wanted === null || wanted.includes(table.name)),
    },
  });
  transport.onChunk = ({ id, n }) => chunks.get(`${id}/${n}`) ?? new Uint8Array();
  transport.onTail = ({ after }) => tailLines(hydration, BigInt(after.seq));
}

async function manifestOf(
  load: TableLoad,
  {
    id,
    read,
    chunks,
  }: { readonly id: string; readonly read: Position; readonly chunks: Map<string, Uint8Array<ArrayBuffer>> },
): Promise<SnapshotTable> {
  const table: SnapshotTable = {
    name: load.name,
    id,
    format: load.format,
    columns: [...load.columns],
    position: positionToJson(read),
    rows: load.rows,
    rawBytes: 0,
    hash: load.hash,
    keyRange: null,
    chunks: [],
  };
  for (const [n, chunk] of load.chunks.entries()) {
    const bytes = await chunk.read();
    chunks.set(`${id}/${n}`, bytes);
    table.rawBytes += bytes.length;
    const digest = await sha256(bytes);
    table.chunks.push({ rows: chunk.rows, bytes: bytes.length, rawBytes: bytes.length, digest });
  }
  return table;
}

function* tailLines({ tail, position }: Hydration, after: bigint): Generator<TailLine> {
  let from = Number(after);
  for (const { position: end, changes, ack } of tail) {
    yield { kind: 'frames', messages: [...frames(from, Number(end.seq), changes, ack)] };
    from = Number(end.seq);
  }
  yield { kind: 'end', position: positionToJson(position) };
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
