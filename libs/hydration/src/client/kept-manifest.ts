import type { Clock } from '@millrace/kernel';
import { decodeValue, snapshotManifestSchema, type SnapshotManifest } from '@millrace/sync-protocol';
import * as v from 'valibot';
import type { HydrationFiles } from './hydration-files.js';
import { DOWNLOAD } from './limits.js';
import type { SnapshotWish } from './snapshot-source.js';

const FILE = 'manifest';

const keptSchema = v.object({
  manifest: snapshotManifestSchema,
  /** Tables of the wish. */
  tables: v.nullable(v.array(v.string())),
  /** ms since 1970. */
  keptAt: v.number(),
});
type Kept = v.InferOutput<typeof keptSchema>;

/** What an interrupted attempt has left, whatever it was after; null if nothing that can be read. */
async function readKept(files: HydrationFiles): Promise<Kept | null> {
  const bytes = await files.read(FILE);
  if (bytes === null) return null;
  try {
    return decodeValue(keptSchema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return null; // torn by a crash, or of another version of this code: a new download is always right
  }
}

/**
 * The manifest of an interrupted attempt at the same wish, if it is fresh enough to go on with. Its age is by this machine's clock at both ends and
 * decides what is cheaper only: whether its rows can be continued, the server says.
 */
export async function keptManifest(
  files: HydrationFiles,
  wish: SnapshotWish,
  { schemaVersion, clock }: { readonly schemaVersion: string; readonly clock: Clock },
): Promise<SnapshotManifest | null> {
  const kept = await readKept(files);
  if (kept === null || !sameTables(kept.tables, wish.tables)) return null;
  const age = clock.now() - kept.keptAt;
  const { manifest } = kept;
  const fits =
    age >= 0 &&
    age < DOWNLOAD.keep &&
    manifest.schemaVersion === schemaVersion &&
    manifest.tables.every(({ id, position }) => BigInt(position.seq) >= wish.atLeast && !wish.not.includes(id));
  return fits ? manifest : null;
}

/**
 * Remembers what is being downloaded. If nothing of it was part of the download before, the files of that one go. Resolves to whether some of its
 * chunks may be there.
 */
export async function keepManifest(
  files: HydrationFiles,
  kept: { readonly manifest: SnapshotManifest; readonly wish: SnapshotWish },
  clock: Clock,
): Promise<boolean> {
  const before = await readKept(files);
  const ids = new Set(kept.manifest.tables.map(({ id }) => id));
  // Nothing of the old attempt is of use: otherwise its chunks, which are immutable by id, spare a download.
  const goesOn = before?.manifest.tables.some(({ id }) => ids.has(id)) ?? false;
  if (!goesOn) await files.clear();
  const { manifest, wish } = kept;
  // However often it is taken up again, its rows get no younger.
  const keptAt = before?.manifest.id === manifest.id ? before.keptAt : clock.now();
  const content: Kept = { manifest, tables: wish.tables && [...wish.tables], keptAt };
  await files.write(FILE, new TextEncoder().encode(JSON.stringify(content)));
  return goesOn;
}

function sameTables(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((name) => b.includes(name));
}
