import type { MigrationInterface } from 'typeorm';
import type { MigrationKind } from '@millrace/schema-compat';
import { MigrationError } from './migration-error.js';

/** What the author of a migration may say about it, as `static readonly schema` of its class. */
export interface MigrationNotes {
  /** How much it means to apps. More than what its statements amount to: as it is; less: with {@link acknowledge} only. */
  readonly declare?: MigrationKind;
  /** Why it may count for less than its statements amount to. */
  readonly acknowledge?: string;
  /** Class names of migrations without which it makes no sense. Default: the one before it. */
  readonly dependsOn?: readonly string[];
}

/** A TypeORM migration class. */
export interface MigrationClass {
  new (): MigrationInterface;
  readonly schema?: MigrationNotes;
}

/** A migration as its author wrote it. */
export interface MigrationSource {
  readonly name: string;
  readonly timestamp: number;
  readonly notes: MigrationNotes;
  readonly file: string | null;
  create(): MigrationInterface;
}

export function migrationSource(migration: MigrationClass, file: string | null = null): MigrationSource {
  const name = migration.prototype.name ?? migration.name;
  return {
    name,
    timestamp: timestampOf(name, file),
    notes: migration.schema ?? {},
    file,
    create: () => new migration(),
  };
}

/** A migration made of statements: for schemas that are none of TypeORM's. */
export function sqlMigrationSource(
  name: string,
  statements: { readonly up: readonly string[]; readonly down: readonly string[] },
  notes: MigrationNotes = {},
): MigrationSource {
  const run = (list: readonly string[]): MigrationInterface['up'] => {
    return async (runner) => {
      for (const statement of list) await runner.query(statement);
    };
  };
  return {
    name,
    timestamp: timestampOf(name, null),
    notes,
    file: null,
    create: () => ({ up: run(statements.up), down: run(statements.down) }),
  };
}

/** `AddNotes1764000000000` → 1764000000000: TypeORM orders by it. */
function timestampOf(name: string, file: string | null): number {
  const digits = /([0-9]{13})$/.exec(name)?.[1];
  if (digits !== undefined) return Number(digits);
  throw new MigrationError({
    fault: 'forbidden',
    migration: name,
    file,
    reason: 'its class name does not end in a timestamp of 13 digits, by which migrations are put in order',
    advice: 'make migrations with: npm run migration:create -- <name>',
  });
}

/** `AddNotes1764000000000` → `1764000000000-add-notes`: the name of its files. */
export function fileStem(name: string): string {
  const timestamp = name.slice(-13);
  const words = name.slice(0, -13).replace(/([a-z0-9])([A-Z])/g, '$1-$2');
  return `${timestamp}-${words.toLowerCase()}`;
}
