import { positionToJson, type Clock, type Position } from '@millrace/kernel';
import { encodeFakeRows, fakeTableHash } from '@millrace/pglite-client/testing';
import type { SnapshotAnswer, SnapshotChunk, SnapshotTable } from '@millrace/sync-protocol';
import type { SeededRandom } from '@millrace/testing';
import { fakeDigest } from '../fake-digest.js';
import { schema } from '../schema.js';
import type { FakeHistory } from './fake-history.js';
import type { FakePostgres } from './fake-postgres.js';
import { tableOf } from './server-transaction.js';

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
  /** Table of a tenant → id of the build that is being made. */
  private readonly running = new Map<string, string>();
  private life = 0;

  private readonly options: FakeSnapshotsOptions;

  constructor(options: FakeSnapshotsOptions) {
    this.options = options;
  }

  order(
    tenantId: string,
    wish: { readonly tables: readonly string[] | null; readonly atLeast: bigint; readonly not: readonly string[] },
  ): SnapshotAnswer {
    const names = wish.tables ?? schema.tables.map(({ name }) => name);
    const missing = names.filter((name) => !this.usable(tenantId, name, wish));
    for (const name of missing) this.build(tenantId, name);
    if (missing.length > 0) return { state: 'building', rows: this.blobs.size, rowEstimate: 0, retryAfterMs: 50 };
    const builds = names.flatMap((name) => this.builds.get(keyOf(tenantId, name)) ?? []);
    const first = builds.reduce((oldest, each) => (seqOf(each) < seqOf(oldest) ? each : oldest));
    const last = builds.reduce((newest, each) => (each.upTo.seq > newest.upTo.seq ? each : newest));
    return {
      state: 'ready',
      manifest: {
        version: 1,
        id: this.options.random.uuid(),
        createdAt: '2026-01-01T00:00:00Z',
        schemaVersion: schema.version,
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
    for (const { name } of schema.tables) {
      const build = this.builds.get(keyOf(tenantId, name));
      build?.table.chunks.forEach((_chunk, n) => this.blobs.delete(`${build.table.id}/${n}`));
      this.builds.delete(keyOf(tenantId, name));
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

  /** Builds of the table that a checkpoint which is taken now names as older than itself: the one that is kept, and one that is being read. */
  begun(tenantId: string, name: string): readonly string[] {
    const key = keyOf(tenantId, name);
    return [this.builds.get(key)?.table.id, this.running.get(key)].filter((id) => id !== undefined);
  }

  private usable(
    tenantId: string,
    name: string,
    { atLeast, not }: { readonly atLeast: bigint; readonly not: readonly string[] },
  ): boolean {
    const { history } = this.options;
    const build = this.builds.get(keyOf(tenantId, name));
    if (!build || build.table.position.epoch !== history.head.epoch) return false;
    const seq = seqOf(build);
    return (
      seq >= atLeast && !not.includes(build.table.id) && seq >= history.horizon && history.head.seq - seq <= STALE_AFTER
    );
  }

  private build(tenantId: string, name: string): void {
    const key = keyOf(tenantId, name);
    if (this.running.has(key)) return;
    const id = this.options.random.uuid();
    this.running.set(key, id);
    const { life } = this;
    void this.read(tenantId, name, id).then((build) => {
      if (this.life !== life) return;
      this.running.delete(key);
      if (build) this.builds.set(key, build);
    });
  }

  /** Position first, then the rows, which may show more; done once capture has passed them [S2]. Null if the history ended meanwhile. */
  private async read(tenantId: string, name: string, id: string): Promise<Build | null> {
    const { clock, random, postgres, history } = this.options;
    await clock.sleep(random.int(30));
    const position = history.head;
    const wanted = postgres.insertLsn;
    const rows = postgres.rowsInScope(name, { tenantId });
    const chunks: SnapshotChunk[] = [];
    for (let at = 0; at < rows.length; at += ROWS_PER_CHUNK) {
      const some = rows.slice(at, at + ROWS_PER_CHUNK);
      const bytes = encodeFakeRows(some);
      this.blobs.set(`${id}/${chunks.length}`, bytes);
      chunks.push({ rows: some.length, bytes: bytes.length, rawBytes: bytes.length, digest: fakeDigest(bytes) });
    }
    while (postgres.capturedLsn < wanted && history.head.epoch === position.epoch) await clock.sleep(3);
    if (history.head.epoch !== position.epoch) return null;
    const meta = tableOf(name);
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

function keyOf(tenantId: string, name: string): string {
  return `${tenantId}/${name}`;
}

function seqOf({ table }: Build): bigint {
  return BigInt(table.position.seq);
}
