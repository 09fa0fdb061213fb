/** What an object's one alarm needs of its storage. */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
}

/**
 * One alarm for several sessions: each asks for its own time, and the earliest wins. Whoever is woken too early asks again. Requests run one
 * after the other: two that both read first would leave the later time, and a token's end would be slept through (X13).
 */
export class EarliestAlarm {
  readonly #storage: AlarmStorage;
  #last: Promise<void> = Promise.resolve();

  constructor(storage: AlarmStorage) {
    this.#storage = storage;
  }

  /** `at` in ms since 1970. */
  ask(at: number): Promise<void> {
    const asked = this.#last.then(() => this.#set(at));
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  async #set(at: number): Promise<void> {
    const current = await this.#storage.getAlarm();
    if (current === null || at < current) await this.#storage.setAlarm(at);
  }
}
