import { must, positionToJson, SyncError, type Clock, type Position } from '@millrace/kernel';
import { encodeFakeRows, fakeTableHash } from '@millrace/pglite-client/testing';
import type { SnapshotAnswer, SnapshotChunk, SnapshotTable } from '@millrace/sync-protocol';
import type { SeededRandom } from '@millrace/testing';
import { fakeDigest } from '../fake-digest.js';
import { fitOf, inForce, schemaOfVersion, stepsBetween, translateRow } from '@millrace/schema-compat';
import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import type { FakeHistory } from './fake-history.js';
import type { FakePostgres } from './fake-postgres.js';

export interface FakeSnapshotsOptions {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly postgres: FakePostgres;
  readonly history: FakeHistory;
}

/** One table's rows, read at its own position. */
interface Build {
  readonly table: SnapshotTable;
  readonly upTo: Position;
}

interface Order {
  readonly tenantId: string;
  /** Of the asker's tables. */
  readonly version: string;
  readonly name: string;
}

const ROWS_PER_CHUNK = 3;
/** Changes after which rows are read anew. */
const STALE_AFTER = 25n;

/** The scope of a tenant's rows, as manifest and session name it. */
export function scopeOf(tenantId: string): string {
  return `scope of ${tenantId}`;
}

/** One SnapshotDO per tenant, and the blobs of all: builds tables one by one, each at its own moment, and keeps what is finished. */
export class FakeSnapshots {
  /** Chunk address → bytes. */
  readonly blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  private readonly builds = new Map<string, Build>();
  /** Order → id of the build that is being made for it. */
  private readonly running = new Map<string, string>();
  private life = 0;

  private readonly options: FakeSnapshotsOptions;

  constructor(options: FakeSnapshotsOptions) {
    this.options = options;
  }

  /** Rows in the words of the asker's tables, if they can be told in them. */
  order(
    tenantId: string,
    wish: {
      readonly tables: readonly string[] | null;
      readonly atLeast: bigint;
      readonly not: readonly string[];
      readonly version: string;
    },
  ): SnapshotAnswer {
    const { version } = wish;
    const schema = this.schemaFor(version);
    const names = wish.tables ?? schema.tables.map(({ name }) => name);
    const missing = names.filter((name) => !this.usable(keyOf({ tenantId, version, name }), wish));
    for (const name of missing) this.build({ tenantId, version, name });
    if (missing.length > 0) return { state: 'building', rows: this.blobs.size, rowEstimate: 0, retryAfterMs: 50 };
    const builds = names.flatMap((name) => this.builds.get(keyOf({ tenantId, version, name })) ?? []);
    const first = builds.reduce((oldest, each) => (seqOf(each) < seqOf(oldest) ? each : oldest));
    const last = builds.reduce((newest, each) => (each.upTo.seq > newest.upTo.seq ? each : newest));
    return {
      state: 'ready',
      manifest: {
        version: 1,
        id: this.options.random.uuid(),
        createdAt: '2026-01-01T00:00:00Z',
        schemaVersion: version,
        rulesVersion: 'rules',
        scope: scopeOf(tenantId),
        position: first.table.position,
        lsn: '00000000/00000000',
        upTo: positionToJson(last.upTo),
        tables: builds.map(({ table }) => table),
      },
    };
  }

  chunk(id: string, n: number): Uint8Array<ArrayBuffer> | null {
    return this.blobs.get(`${id}/${n}`) ?? null;
  }

  /** The process dies: what is being built is lost, what is finished is not. */
  restart(): void {
    this.life += 1;
    this.running.clear();
  }

  /** Space is needed: somebody's snapshot goes, whoever is reading it. */
  evict(tenantId: string): void {
    for (const [key, build] of [...this.builds]) {
      if (!key.startsWith(`${tenantId}/`)) continue;
      build.table.chunks.forEach((_chunk, n) => this.blobs.delete(`${build.table.id}/${n}`));
      this.builds.delete(key);
    }
  }

  /** One stored chunk is not any more what was stored. False if there is none. */
  spoil(): boolean {
    const addresses = [...this.blobs.keys()];
    if (addresses.length === 0) return false;
    const address = this.options.random.pick(addresses);
    const bytes = Uint8Array.from(this.blobs.get(address) ?? []);
    const at = this.options.random.int(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    this.blobs.set(address, this.options.random.chance(0.5) ? bytes : bytes.slice(0, at));
    return true;
  }

  /** Throws `schema-unknown` if rows cannot be told in that version: the asker adopts the one in force. */
  private schemaFor(version: string): SchemaMeta {
    const { catalogue } = this.options.postgres;
    const fit = fitOf(catalogue, { tables: version, app: version });
    const schema = schemaOfVersion(catalogue, version);
    if (schema && (fit === 'same' || fit === 'translate')) return schema;
    throw new SyncError('schema-unknown', `in force is ${inForce(catalogue).version}`);
  }

  /** Builds of the table that a checkpoint which is taken now names as older than itself: the one that is kept, and one that is being read. */
  begun(order: Order): readonly string[] {
    const key = keyOf(order);
    return [this.builds.get(key)?.table.id, this.running.get(key)].filter((id) => id !== undefined);
  }

  private usable(
    key: string,
    { atLeast, not }: { readonly atLeast: bigint; readonly not: readonly string[] },
  ): boolean {
    const { history } = this.options;
    const build = this.builds.get(key);
    if (!build || build.table.position.epoch !== history.head.epoch) return false;
    const seq = seqOf(build);
    return (
      seq >= atLeast && !not.includes(build.table.id) && seq >= history.horizon && history.head.seq - seq <= STALE_AFTER
    );
  }

  private build(order: Order): void {
    const key = keyOf(order);
    if (this.running.has(key)) return;
    const id = this.options.random.uuid();
    this.running.set(key, id);
    const { life } = this;
    void this.read(order, id).then((build) => {
      if (this.life !== life) return;
      this.running.delete(key);
      if (build) this.builds.set(key, build);
    });
  }

  /** Position first, then the rows, which may show more; done once capture has passed them [S2]. Null if the history ended meanwhile. */
  private async read({ tenantId, version, name }: Order, id: string): Promise<Build | null> {
    const { clock, random, postgres, history } = this.options;
    await clock.sleep(random.int(30));
    const position = history.head;
    const wanted = postgres.insertLsn;
    const { catalogue } = postgres;
    const there = inForce(catalogue);
    const back = stepsBetween(catalogue, there.version, version) ?? [];
    const meta = must(findTable(must(schemaOfVersion(catalogue, version), version), name), name);
    const source = there.tables.find(
      (each) => translateRow({ table: each.name, row: {} }, back, { whole: false })?.table === name,
    );
    if (!source) return null;
    const rows = postgres
      .rowsInScope(source.name, { tenantId })
      .map((row) => must(translateRow({ table: source.name, row }, back, { whole: true }), name).row);
    const chunks: SnapshotChunk[] = [];
    for (let at = 0; at < rows.length; at += ROWS_PER_CHUNK) {
      const some = rows.slice(at, at + ROWS_PER_CHUNK);
      const bytes = encodeFakeRows(some);
      this.blobs.set(`${id}/${chunks.length}`, bytes);
      chunks.push({ rows: some.length, bytes: bytes.length, rawBytes: bytes.length, digest: fakeDigest(bytes) });
    }
    while (postgres.capturedLsn < wanted && history.head.epoch === position.epoch) await clock.sleep(3);
    if (history.head.epoch !== position.epoch) return null;
    // Rows behind a migration do not go with a position before it [S2].
    if (history.versionAt(position) !== there.version) return null;
    return {
      upTo: history.head,
      table: {
        name,
        id,
        format: 'json',
        columns: meta.columns.map((column) => column.name),
        position: positionToJson(position),
        rows: rows.length,
        rawBytes: chunks.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
        hash: fakeTableHash(meta, rows),
        keyRange: null,
        chunks,
      },
    };
  }
}

function keyOf({ tenantId, version, name }: Order): string {
  return `${tenantId}/${version}/${name}`;
}

function seqOf({ table }: Build): bigint {
  return BigInt(table.position.seq);
}
