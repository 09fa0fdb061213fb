import { MIGRATION_TABLE, type HistoryTransaction, type RecordedCatalogue } from '@millrace/change-history';
import { schemaOfVersion } from '@millrace/schema-compat';
import { unwrap } from './answer.js';
import type { Env } from './env.js';
import { replicationOf } from './objects/stubs.js';

/**
 * The migrations of the database as far as history has captured them, and with them every schema that it has had [M2]. The ReplicationDO has them; everybody
 * else keeps what it was told: a version means one schema for ever, so that only what is new is ever missing.
 */
export class Schemas {
  readonly #env: Env;
  #known: RecordedCatalogue | null = null;

  constructor(env: Env) {
    this.#env = env;
  }

  /** As last told; null before the first time. */
  get known(): RecordedCatalogue | null {
    return this.#known;
  }

  /** As it is now. Begins capture if it does not run. */
  async current(): Promise<RecordedCatalogue> {
    const { steps = null } = this.#known ?? {};
    // The value is kept and not the promise: workerd ties a promise to the request that made it.
    const news = unwrap(await replicationOf(this.#env).catalogue(steps && steps.length));
    if (news) this.#known = news;
    return this.#known as RecordedCatalogue;
  }

  /** Makes sure that the schemas of these transactions are known. */
  async including(transactions: readonly HistoryTransaction[]): Promise<void> {
    const known = this.#known;
    const isNews = ({ schemaVersion, entries }: HistoryTransaction): boolean =>
      !known || !schemaOfVersion(known, schemaVersion) || entries.some(({ table }) => table === MIGRATION_TABLE);
    if (transactions.some(isNews)) await this.current();
  }
}
