import type { InstanceState } from '@millrace/hydration';
import type { Position } from '@millrace/kernel';
import type { Registration } from '@millrace/replication';

const PREFIX = 'instance:';
const STATE_PREFIX = 'state:';
const GIVEN_UP_MS = 24 * 60 * 60_000;

/** What its SyncDO last told of an instance. */
export interface KnownState {
  readonly clientId: string;
  readonly sub: string;
  readonly state: InstanceState;
}

/** What the registry needs of an object's storage. */
export interface RegistryStorage {
  readonly kv: {
    get<T>(key: string): T | undefined;
    list<T>(options: { prefix: string }): Iterable<[string, T]>;
    put(key: string, value: unknown): void;
    delete(key: string): boolean;
  };
}

interface Stored extends Registration {
  readonly socketId: string;
}

/** When an instance connected (ISO time), and the cursor it was last heard of with; null if not since this object was started. */
export interface InstanceNews {
  readonly connectedAt: string | null;
  readonly cursor: Position | null;
}

const NO_NEWS: InstanceNews = { connectedAt: null, cursor: null };

/** Who is connected: stored, so that after an eviction everybody can be rung [D1]; what is only shown is kept in memory. */
export class Instances {
  readonly #kv: RegistryStorage['kv'];
  readonly #connected: Set<string>;
  readonly #news = new Map<string, InstanceNews>();

  constructor(storage: RegistryStorage) {
    this.#kv = storage.kv;
    this.#connected = new Set(this.all().map(({ clientId }) => clientId));
  }

  /** How many are connected. */
  get size(): number {
    return this.#connected.size;
  }

  all(): readonly Registration[] {
    return [...this.#kv.list<Stored>({ prefix: PREFIX })].map(([, { clientId, sub, rowKeys }]) => ({
      clientId,
      sub,
      rowKeys,
    }));
  }

  /** Replaces an earlier registration of the same client. */
  add({ clientId, sub, rowKeys }: Registration, socketId: string, news: InstanceNews): void {
    this.#kv.put(PREFIX + clientId, { clientId, sub, rowKeys, socketId } satisfies Stored);
    this.#connected.add(clientId);
    this.#news.set(clientId, news);
  }

  /** Whether this socket's registration is the one in force. */
  isCurrent(clientId: string, socketId: string): boolean {
    return this.#kv.get<Stored>(PREFIX + clientId)?.socketId === socketId;
  }

  heard(clientId: string, cursor: Position): void {
    this.#news.set(clientId, { ...this.newsOf(clientId), cursor });
  }

  newsOf(clientId: string): InstanceNews {
    return this.#news.get(clientId) ?? NO_NEWS;
  }

  remove(clientId: string): void {
    this.#kv.delete(PREFIX + clientId);
    this.#connected.delete(clientId);
    this.#news.delete(clientId);
  }

  /** Where an instance stands. What is live and gone is of no interest here: `sync.client_status` keeps it. */
  changed(clientId: string, sub: string, state: InstanceState | null): void {
    if (!state || (state.phase === 'live' && !state.connected)) this.#kv.delete(STATE_PREFIX + clientId);
    else this.#kv.put(STATE_PREFIX + clientId, { clientId, sub, state } satisfies KnownState);
  }

  /** Those that are connected or load. A client that gave its loading up long ago is let go of. */
  states(now: number): readonly KnownState[] {
    const known = [...this.#kv.list<KnownState>({ prefix: STATE_PREFIX })].map(([, value]) => value);
    const givenUp = known.filter(({ state }) => !state.connected && state.since < now - GIVEN_UP_MS);
    for (const { clientId } of givenUp) this.#kv.delete(STATE_PREFIX + clientId);
    return known.filter((each) => !givenUp.includes(each));
  }
}
