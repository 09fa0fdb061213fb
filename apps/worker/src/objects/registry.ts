import type { Registration } from '@millrace/replication';

const PREFIX = 'instance:';

/** Who was connected, kept so that after an eviction everybody can be rung [D1]. */
export class Registry {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  all(): readonly Registration[] {
    return [...this.#storage.kv.list<Registration>({ prefix: PREFIX })].map(([, registration]) => registration);
  }

  add(registration: Registration): void {
    this.#storage.kv.put(PREFIX + registration.clientId, registration);
  }

  remove(clientId: string): void {
    this.#storage.kv.delete(PREFIX + clientId);
  }
}
