import { createdInstance, instanceStep, type InstanceEvent, type InstanceState } from '@millrace/hydration';
import {
  errorText,
  positionFromJson,
  positionToJson,
  type Clock,
  type Logger,
  type PositionJson,
} from '@millrace/kernel';

export interface InstanceKeeperOptions {
  readonly storage: KeeperStorage;
  readonly clock: Clock;
  readonly log: Logger;
  /** To the dashboard. */
  readonly tell: (state: InstanceState | null) => Promise<void>;
  /** To `sync.client_status`. */
  readonly save: (state: InstanceState | null) => Promise<void>;
}

/** What the keeper needs of its object's storage. */
export interface KeeperStorage {
  get<T>(key: string): T | undefined;
  put(key: string, value: unknown): void;
}

type Stored = Omit<InstanceState, 'position'> & { readonly position: PositionJson | null };

const KEY = 'instance';
/** How often progress is shown, and written to the database, ms: a chunk is served every few milliseconds. */
const TELL_MS = 1_000;
const SAVE_MS = 5_000;

/** One client's instance state: in the object's storage at each transition, from there to the dashboard and the database. Neither holds the client up. */
export class InstanceKeeper {
  readonly #options: InstanceKeeperOptions;
  #state: InstanceState;
  #toldAt = 0;
  #savedAt = 0;
  readonly #outbox = { tell: new Latest(), save: new Latest() };

  constructor(options: InstanceKeeperOptions) {
    this.#options = options;
    const stored = options.storage.get<Stored>(KEY);
    this.#state = stored
      ? { ...stored, position: stored.position && positionFromJson(stored.position) }
      : createdInstance(options.clock.now());
  }

  get state(): InstanceState {
    return this.#state;
  }

  /** Takes an event in; resolves when all who are to know of it do, or cannot be reached: the next transition tells them. */
  async note(event: InstanceEvent): Promise<void> {
    const { storage, clock } = this.#options;
    const now = clock.now();
    const { state, transition } = instanceStep(this.#state, event, now);
    this.#state = state ?? createdInstance(now);
    if (!state) return this.#publish(null, { tell: true, save: true });
    if (transition) storage.put(KEY, { ...state, position: state.position && positionToJson(state.position) });
    const loaded = state.chunksTotal > 0 && state.chunksDone === state.chunksTotal;
    const progress = event.kind === 'chunk-served' && state.phase === 'snapshot-loading';
    await this.#publish(state, {
      tell: transition || (progress && (loaded || now - this.#toldAt >= TELL_MS)),
      // A client that merely comes back is no news for the database; where it has got to is, once it goes.
      save: (transition && event.kind !== 'hello') || (progress && (loaded || now - this.#savedAt >= SAVE_MS)),
    });
  }

  async #publish(state: InstanceState | null, to: { readonly tell: boolean; readonly save: boolean }): Promise<void> {
    const now = this.#options.clock.now();
    if (to.tell) this.#toldAt = now;
    if (to.save) this.#savedAt = now;
    await Promise.all([to.tell && this.#send('tell', state), to.save && this.#send('save', state)]);
  }

  async #send(what: 'tell' | 'save', state: InstanceState | null): Promise<void> {
    try {
      await this.#outbox[what].run(() => this.#options[what](state));
    } catch (error) {
      this.#options.log.warn('the state of an instance could not be passed on', { to: what, reason: errorText(error) });
    }
  }
}

/** One call at a time, and of those that wait only the last: an older state must not arrive after a newer one. */
class Latest {
  #running: Promise<void> | null = null;
  #next: (() => Promise<void>) | null = null;

  async run(work: () => Promise<void>): Promise<void> {
    this.#next = work;
    this.#running ??= this.#drain();
    await this.#running;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#next) {
        const work = this.#next;
        this.#next = null;
        await work();
      }
    } finally {
      this.#running = null;
    }
  }
}
