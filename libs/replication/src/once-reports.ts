import type { Logger } from '@millrace/kernel';
import type { IdentityIssue } from './slot/replica-identity.js';

/** What is wrong with the tables, said once for each name: a relation is described again with every reconnect and poll. */
export class OnceReports {
  readonly #logger: Logger;
  readonly #reported = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  identity({ table, identity }: IdentityIssue): void {
    if (!this.#isNew(`identity of ${table}`)) return;
    this.#logger.warn(`a synced table is not replica identity full: alter table … replica identity full`, {
      table,
      identity,
    });
  }

  /** A table, or a column of it, that the schema does not list [C3]. */
  unknown(table: string, column: string | null): void {
    const name = column === null ? table : `${table}.${column}`;
    if (!this.#isNew(name)) return;
    this.#logger.warn('the stream has something that the schema does not list: it is dropped', { name });
  }

  #isNew(name: string): boolean {
    const known = this.#reported.has(name);
    this.#reported.add(name);
    return !known;
  }
}
