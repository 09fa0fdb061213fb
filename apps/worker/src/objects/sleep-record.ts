import type { Sleep } from '@millrace/replication';
import type { AdminStatus } from '@millrace/sync-protocol';

/** What is shown of capture while it sleeps, and counted on from when it wakes. */
export type KeptFigures = Pick<
  AdminStatus,
  'slot' | 'position' | 'lastCommitAt' | 'counters' | 'incidents' | 'epochs' | 'schema'
>;

/** What the record needs of an object's storage. */
export interface SleepStorage {
  readonly kv: {
    get<T>(key: string): T | undefined;
    put(key: string, value: unknown): void;
    delete(key: string): boolean;
  };
  setAlarm(at: number): Promise<void>;
  sync(): Promise<void>;
}

/** That capture sleeps, and until when: an object that nobody calls is evicted, and all that is left of it is this and the alarm [Z1]. */
export class SleepRecord {
  readonly #storage: SleepStorage;

  constructor(storage: SleepStorage) {
    this.#storage = storage;
  }

  get sleep(): Sleep | null {
    return this.#storage.kv.get<Sleep>('sleep') ?? null;
  }

  /** As they were when capture last fell asleep; null: it never has. */
  get figures(): KeptFigures | null {
    return this.#storage.kv.get<KeptFigures>('figures') ?? null;
  }

  /** Resolves when a crash would find it, and the alarm. */
  async begin(sleep: Sleep, figures: KeptFigures): Promise<void> {
    this.#storage.kv.put('sleep', sleep);
    this.#storage.kv.put('figures', figures);
    await this.#storage.setAlarm(sleep.nextLookAt);
    await this.#storage.sync();
  }

  /** True if capture slept until now. */
  end(): boolean {
    return this.#storage.kv.delete('sleep');
  }
}
