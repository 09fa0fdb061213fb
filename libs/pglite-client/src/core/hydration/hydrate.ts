import {
  awaitManifest,
  ChunkCorrupt,
  ChunkGone,
  keptManifest,
  mergeManifests,
  progressTracker,
  type HydrationProgress,
  type ProgressTracker,
  type SnapshotWish,
} from '@millrace/hydration';
import { errorText, positionFromJson, SyncError, type Position } from '@millrace/kernel';
import type { SnapshotManifest, SnapshotTable } from '@millrace/sync-protocol';
import type { StoreSummary } from '../ports/client-store.js';
import { beginDownload, type Download } from './begin-download.js';
import { wholeOrder, type HydrationOrder } from './hydration-order.js';
import type { HydrationPorts } from './hydration-ports.js';
import { loadRows } from './load-rows.js';
import { readTail, type TailOutcome } from './read-tail.js';
import { manifestSource } from './snapshot-source.js';
import { adoptSchema } from './adopt-schema.js';
import { StartAnew } from './start-anew.js';
import { planTail, type HeldTable } from './tail-plan.js';

export interface HydrateOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: HydrationProgress) => void;
}

/** Fills that one attempt's tail may ask for, and times that rows may turn out not to be usable. Beyond them the client waits before it tries again. */
const GROWTHS = 8;
const REPAIRS = 3;

/** What of the replica stays as it is: its cursor, and the scope that its rows were read for. */
interface Kept {
  readonly cursor: Position;
  readonly scope: string;
}

/** The rows are durable. */
export interface Hydrated {
  /** Resolves when what was downloaded is cleared away: nobody needs to wait for it but the next hydration, whose files lie there. */
  readonly cleared: Promise<void>;
}

/**
 * Reads the ordered rows and takes them in, with the history that makes them whole and the cursor that results, as one transaction [S2, S4]. Resolves when it
 * is durable. A second call goes on where a failed one stopped: what it has downloaded lies in files until a hydration is durable (F40).
 */
export async function hydrate(
  order: HydrationOrder,
  ports: HydrationPorts,
  options: HydrateOptions,
): Promise<Hydrated> {
  const { files, logger } = ports;
  const progress = progressTracker(ports.clock, options.onProgress);
  const { chunks } = await inSchemaOf(order, ports, { ...options, progress, refused: new Set(order.not) });
  const cleared = chunks
    .end()
    .then(() => files.clear())
    .catch((error: unknown) => logger.warn('downloaded rows could not be cleared away', { error: errorText(error) }));
  return { cleared };
}

/** Times that one hydration may find that the server's rows are of another schema than the tables. */
const ADOPTIONS = 2;

/** Rows that the server cannot tell in the words of the tables: the tables become those of the schema in force, and are loaded whole [M3]. */
async function inSchemaOf(order: HydrationOrder, ports: HydrationPorts, options: AttemptOptions): Promise<Download> {
  let wanted = order;
  // The server would tell rows in the words of tables that the app has outgrown: whoever reads all of them for the schema becomes what it can.
  if (order.cause === 'schema-changed' && order.tables === null) await adoptSchema(ports, options.signal, 'if-it-fits');
  for (let adoptions = 0; ; adoptions += 1) {
    try {
      return await attemptOrAnew(wanted, ports, options);
    } catch (error) {
      const unknown = error instanceof SyncError && error.code === 'schema-unknown';
      if (!unknown || adoptions >= ADOPTIONS || options.signal.aborted) throw error;
      await adoptSchema(ports, options.signal, 'must');
      const cause = order.tables === null ? order.cause : 'schema-changed';
      wanted = { ...wholeOrder(cause), atLeast: order.atLeast };
    }
  }
}

async function attemptOrAnew(order: HydrationOrder, ports: HydrationPorts, options: AttemptOptions): Promise<Download> {
  const { files, logger } = ports;
  return attempt(order, ports, options).catch(async (error: unknown) => {
    if (!(error instanceof StartAnew) || options.signal.aborted) throw error;
    logger.info('hydrating', { cause: error.resyncCause, tables: null });
    await files.clear();
    return attempt(wholeOrder(error.resyncCause), ports, options);
  });
}

interface AttemptOptions extends HydrateOptions {
  readonly progress: ProgressTracker;
  /** Ids of builds that will not do; grows by those that turn out so. */
  readonly refused: Set<string>;
}

/** Which rows are wanted, whatever will not do. */
type Wanted = Pick<SnapshotWish, 'tables' | 'atLeast'>;

/** Returns the download whose rows are durable; its last files may still be on their way. */
async function attempt(order: HydrationOrder, ports: HydrationPorts, options: AttemptOptions): Promise<Download> {
  const { refused } = options;
  const here = await ports.store.summary();
  const kept = keptBy(order, here);
  const wish: SnapshotWish = { tables: kept && order.tables, atLeast: order.atLeast, not: [...refused] };
  const request = (wanted: Wanted) => requestRows({ ...wanted, not: [...refused] }, { order, ports, options });
  const grow = async (base: SnapshotManifest, wanted: Wanted): Promise<SnapshotManifest> => {
    const newer = await request(wanted);
    checkContinues(newer, { cursor: positionFromJson(base.upTo), scope: base.scope });
    return mergeManifests(base, newer);
  };

  const { clock, files, logger } = ports;
  const schema = ports.store.schema();
  let manifest = (await keptManifest(files, wish, { schemaVersion: schema.version, clock })) ?? (await request(wish));
  let growths = 0;
  let repairs = 0;
  for (;;) {
    if (kept) checkContinues(manifest, kept);
    // Tables of an order were named because they are not what they should be.
    const mayBeEqual = here.position !== null && kept === null;
    const download = await beginDownload({ manifest, wish, mayBeEqual }, ports, options);
    // While the chunks are on their way.
    const tail = await tailOf(manifest, { here, kept, order, ports, signal: options.signal }).catch(
      async (error: unknown) => {
        await download.chunks.end();
        // These rows cannot be continued, and the server may still keep them.
        if (error instanceof StartAnew) manifest.tables.forEach(({ id }) => refused.add(id));
        throw error;
      },
    );
    if (tail.kind === 'fill') {
      await download.chunks.end();
      if (++growths > GROWTHS)
        throw new SyncError('snapshot-failed', 'the snapshot grew again and again without becoming whole');
      manifest = await grow(manifest, tail);
      continue;
    }
    try {
      await loadRows({ manifest, tail, download }, ports.store, options.progress);
      return download;
    } catch (error) {
      const tables = ++repairs > REPAIRS || options.signal.aborted ? [] : unusable(error, manifest);
      if (tables.length === 0) throw error;
      const names = tables.map(({ name }) => name);
      logger.error('downloaded rows are not usable', { error: errorText(error), tables: names });
      tables.forEach(({ id }) => refused.add(id));
      // Where chunks are gone, the others of that manifest may soon be as well.
      if (error instanceof ChunkGone) manifest = await request(wish);
      else manifest = await grow(manifest, { tables: names, atLeast: newest(tables) });
    }
  }
}

/** Only a replica that has rows, and knows whose they are, can keep some of them. */
function keptBy(order: HydrationOrder, here: StoreSummary): Kept | null {
  if (order.tables === null || here.position === null || here.scope === null) return null;
  return { cursor: here.position, scope: here.scope };
}

async function requestRows(
  wish: SnapshotWish,
  {
    order,
    ports,
    options,
  }: { readonly order: HydrationOrder; readonly ports: HydrationPorts; readonly options: AttemptOptions },
): Promise<SnapshotManifest> {
  const manifest = await awaitManifest(manifestSource(ports, order.cause), wish, {
    clock: ports.clock,
    signal: options.signal,
    onBuilding: options.progress.building,
  });
  if (manifest.schemaVersion !== ports.store.schema().version)
    throw new SyncError(
      'schema-unknown',
      `The server's rows are of schema ${manifest.schemaVersion}, the tables are not.`,
    );
  return manifest;
}

/** Rows of another history or scope do not go together with what is here. */
function checkContinues(manifest: SnapshotManifest, kept: Kept): void {
  if (manifest.upTo.epoch !== kept.cursor.epoch)
    throw new StartAnew('epoch-changed', 'the server has begun a new history');
  if (manifest.scope !== kept.scope) throw new StartAnew('scope-changed', 'the token now permits other rows');
}

interface TailOptions {
  readonly here: StoreSummary;
  readonly kept: Kept | null;
  readonly order: HydrationOrder;
  readonly ports: HydrationPorts;
  readonly signal: AbortSignal;
}

async function tailOf(
  manifest: SnapshotManifest,
  { here, kept, order, ports, signal }: TailOptions,
): Promise<TailOutcome> {
  const { store, clientId, transport, token } = ports;
  const { after, held } = planTail(heldTables(manifest, kept, ports));
  const atLeast = leastEnd(manifest, here, order);
  const request = {
    clientId,
    schemaVersion: store.schema().version,
    after: { epoch: after.epoch, seq: after.seq.toString(), chain: after.chain },
    atLeast: atLeast.toString(),
    held: { ...held },
  };
  return readTail(transport.tail(request, await token(), signal), { after, atLeast, version: store.schema().version });
}

function heldTables(manifest: SnapshotManifest, kept: Kept | null, { store }: HydrationPorts): readonly HeldTable[] {
  const read = manifest.tables.map(({ name, position }) => ({ name, position: positionFromJson(position) }));
  if (kept === null) return read;
  const names = new Set(read.map(({ name }) => name));
  const others = store.schema().tables.filter(({ name }) => !names.has(name));
  return [...read, ...others.map(({ name }) => ({ name, position: kept.cursor }))];
}

/** History must reach all that the rows may show [S2], and no cursor goes back within its epoch (I4); one that the server does not know says nothing. */
function leastEnd(manifest: SnapshotManifest, { position }: StoreSummary, { cause }: HydrationOrder): bigint {
  const upTo = BigInt(manifest.upTo.seq);
  const counts = position !== null && position.epoch === manifest.upTo.epoch && cause !== 'cursor-unknown';
  return counts && position.seq > upTo ? position.seq : upTo;
}

/** The position of the latest of these rows. */
function newest(tables: readonly SnapshotTable[]): bigint {
  return tables.map(({ position }) => BigInt(position.seq)).reduce((most, seq) => (seq > most ? seq : most), 0n);
}

/** Tables to be read anew after their rows turned out not to be usable; none where that would not help. */
function unusable(error: unknown, { tables }: SnapshotManifest): readonly SnapshotTable[] {
  if (error instanceof ChunkGone || error instanceof ChunkCorrupt)
    return tables.filter(({ name }) => name === error.table);
  return error instanceof SyncError && error.code === 'snapshot-corrupt' ? tables : [];
}
