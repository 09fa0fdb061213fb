import type { ClientMigration, PendingMigration, PendingReason } from '@millrace/migrations-client';
import type { Fit, SchemaStep } from '@millrace/schema-compat';
import type { ClientState } from './client-state.js';

/** Whether steps of the stream are taken as they come, or wait for the app's word. */
export type MigrationMode = 'auto' | 'manual';

/** What a client knows of the server's schema and of the steps that it has not taken. */
export interface SchemaState {
  /** Of the schema that the app was built with. */
  readonly app: string;
  readonly mode: MigrationMode;
  /** How the server said that this client fits it; null before it did. */
  readonly fit: Fit | null;
  /** The version in force at the server, as it last said. */
  readonly inForce: string | null;
  /** A step that only a newer app takes: nothing comes after it [M3]. */
  readonly blocked: SchemaStep | null;
  /** The next step of the stream, which waits for the app's word: what follows it waits, too. */
  readonly held: SchemaStep | null;
  /** Steps that the app has let in. */
  readonly allowed: readonly string[];
  /** A step that does not come by the stream is being taken: no connection meanwhile. */
  readonly migrating: boolean;
  /** The database's record of migrations. */
  readonly known: readonly ClientMigration[];
}

export function initialSchemaState({ app, mode }: Pick<SchemaState, 'app' | 'mode'>): SchemaState {
  return {
    app,
    mode,
    fit: null,
    inForce: null,
    blocked: null,
    held: null,
    allowed: [],
    migrating: false,
    known: [],
  };
}

export function withSchema(state: ClientState, change: Partial<SchemaState>): ClientState {
  return { ...state, schema: { ...state.schema, ...change } };
}

/** Whether the app has to say that the step may be taken. */
export function waitsForApp({ mode, allowed }: SchemaState, { migration }: SchemaStep): boolean {
  return mode === 'manual' && !allowed.includes(migration.name);
}

/** Not taken, though the server has: they failed, or were taken back here. */
export function isWaiting({ applied, direction }: ClientMigration): boolean {
  return applied === (direction === 'down');
}

/** Taken back here by the app, and by nobody else. */
export function isRolledBack(known: ClientMigration): boolean {
  return isWaiting(known) && known.error === null;
}

/** What the client has not taken, in the order in which it would be. */
export function pendingMigrations({ held, blocked, known }: SchemaState): readonly PendingMigration[] {
  const waiting = known.filter(isWaiting);
  const noted = (name: string) => waiting.find(({ migration }) => migration.name === name);
  const pending = (step: SchemaStep, reason: PendingReason): PendingMigration => {
    const { name, version, kind } = step.migration;
    const { error = null, retryCount = 0 } = noted(name) ?? {};
    return {
      name,
      version,
      kind,
      direction: step.direction,
      reason: error === null ? reason : 'failed',
      error,
      retryCount,
    };
  };
  const listed = [...(held ? [pending(held, 'manual')] : []), ...(blocked ? [pending(blocked, 'breaking')] : [])];
  const others = waiting
    .filter(({ migration }) => !listed.some(({ name }) => name === migration.name))
    .map(({ migration, direction }) => pending({ migration, direction }, 'rolled-back'));
  return [...others, ...listed];
}
