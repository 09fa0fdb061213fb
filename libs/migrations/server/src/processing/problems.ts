import { MigrationError, type MigrationFault } from './migration-error.js';
import type { MigrationSource } from './migration-source.js';

/** Refuses a migration, by name and file. */
export class Problems {
  readonly #migration: Pick<MigrationSource, 'name' | 'file'>;

  constructor(migration: Pick<MigrationSource, 'name' | 'file'>) {
    this.#migration = migration;
  }

  throw(fault: MigrationFault, statement: string | null, reason: string, advice: string): never {
    const { name, file } = this.#migration;
    throw new MigrationError({ fault, migration: name, file, statement, reason, advice });
  }
}
