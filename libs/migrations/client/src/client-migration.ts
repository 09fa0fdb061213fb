import type { Fit, Direction, MigrationKind, SchemaMigration } from '@millrace/schema-compat';

/** A migration as this client knows it: a row of its own `sync.client_migration`. */
export interface ClientMigration {
  readonly migration: SchemaMigration;
  /** The way it was last taken, or was to be taken. */
  readonly direction: Direction;
  /** Whether it is part of the tables as they are now. */
  readonly applied: boolean;
  /** When it was last taken, as Postgres prints it; null: never. */
  readonly appliedAt: string | null;
  /** Why it could not be taken; null if it was, or was not tried. */
  readonly error: string | null;
  /** How often it failed since it was last taken. */
  readonly retryCount: number;
}

/**
 * Why a migration waits. `manual`: for `applyMigration`. `failed`: for the next attempt, at the next connection or by `applyMigration`. `breaking`: for an
 * app that was built with it. `rolled-back`: for `applyMigration`, after `rollbackMigration`.
 */
export type PendingReason = 'manual' | 'failed' | 'breaking' | 'rolled-back';

/** A migration that the server took and this client did not. */
export interface PendingMigration {
  readonly name: string;
  readonly version: string;
  readonly kind: MigrationKind;
  readonly direction: Direction;
  readonly reason: PendingReason;
  readonly error: string | null;
  readonly retryCount: number;
}

export interface AppliedMigration {
  readonly name: string;
  readonly version: string;
  readonly kind: MigrationKind;
  /** As Postgres prints it. */
  readonly appliedAt: string | null;
}

export interface MigrationStatus {
  /** Of this client's tables. */
  readonly version: string;
  /** Of the schema that the app was built with. */
  readonly appVersion: string;
  /** How the two fit the server, as it last said; null before it did. */
  readonly fit: Fit | null;
  /** Those that this database took by itself, oldest first; one that was made from a later schema did not take the earlier ones. */
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly PendingMigration[];
}

/** The specification's API of migrations on a client. */
export interface MigrationAPI {
  /** What is held in the stream, was rolled back, or failed; in the order in which it would be taken. */
  getPendingMigrations(): Promise<readonly PendingMigration[]>;
  /**
   * Lets a pending migration in. Resolves once it is durable. Rejects with `not-found` if none of this name is pending, with `schema-unknown` if the app has
   * to be updated first, with `network` if it has to come from the server and there is no connection, with what Postgres said if it fails: then everything is as before.
   */
  applyMigration(name: string): Promise<void>;
  getMigrationStatus(): Promise<MigrationStatus>;
  /**
   * Takes the last migration back here; the server goes on with it, and tells this client its rows in the earlier version. Rejects with `not-found` if it
   * is not applied, with `schema-unknown` if others depend on it or if rows cannot be told in the earlier version.
   */
  rollbackMigration(name: string): Promise<void>;
}
