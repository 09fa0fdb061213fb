import { positionToJson, SyncError, type Clock } from '@millrace/kernel';
import { fakeTableHash } from '@millrace/pglite-client/testing';
import type { Checkpoint } from '@millrace/sync-protocol';
import type { FakeHistory } from './fake-history.js';
import type { FakePostgres } from './fake-postgres.js';
import type { FakeSnapshots } from './fake-snapshots.js';

/** What the server hands out for so long before it reads again, ms. */
const KEPT_MS = 500;

/** Hashes of all tables in a scope, read in one moment, and told once history has passed it [S6]. */
export class FakeChecksums {
  private readonly kept = new Map<string, { readonly checkpoint: Checkpoint; readonly at: number }>();

  private readonly options: {
    readonly clock: Clock;
    readonly postgres: FakePostgres;
    readonly history: FakeHistory;
    readonly snapshots: Pick<FakeSnapshots, 'begun'>;
  };

  constructor(options: FakeChecksums['options']) {
    this.options = options;
  }

  async of(tenantId: string): Promise<Checkpoint> {
    const { clock, history } = this.options;
    const kept = this.kept.get(tenantId);
    if (kept && clock.now() - kept.at < KEPT_MS && kept.checkpoint.from.epoch === history.head.epoch)
      return kept.checkpoint;
    const at = clock.now();
    const checkpoint = await this.read(tenantId);
    this.kept.set(tenantId, { checkpoint, at });
    return checkpoint;
  }

  private async read(tenantId: string): Promise<Checkpoint> {
    const { clock, postgres, history, snapshots } = this.options;
    const from = history.head;
    const wanted = postgres.insertLsn;
    const { version } = postgres.schema;
    const tables = postgres.schema.tables.map((table) => ({
      name: table.name,
      hash: fakeTableHash(table, postgres.rowsInScope(table.name, { tenantId })),
      builds: [...snapshots.begun({ tenantId, version, name: table.name })],
    }));
    while (postgres.capturedLsn < wanted && history.head.epoch === from.epoch) await clock.sleep(3);
    if (history.head.epoch !== from.epoch) throw new SyncError('snapshot-failed', 'the history has ended meanwhile');
    return { type: 'checkpoint', from: positionToJson(from), to: positionToJson(history.head), tables };
  }
}
