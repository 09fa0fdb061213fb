import type { Position, Row } from '@millrace/kernel';
import type { ClientMigration } from '@millrace/migrations-client';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { PendingMutation, RejectedMutation } from '../core/pending-mutation.js';

/** What a fake store keeps over a crash. Replaced as a whole by each transaction, so that a half-done one cannot show. */
export interface FakeContent {
  /** In force. */
  readonly schema: SchemaMeta;
  readonly migrations: readonly ClientMigration[];
  readonly outboxEpoch: string | null;
  readonly position: Position | null;
  readonly scope: string | null;
  readonly lastMutation: number;
  /** The server's rows: table → key text → row. */
  readonly base: ReadonlyMap<string, ReadonlyMap<string, Row>>;
  /** Table → seq since which its base rows are as they are [S6]. */
  readonly changedAt: ReadonlyMap<string, bigint>;
  readonly pending: readonly PendingMutation[];
  readonly rejected: readonly RejectedMutation[];
}

/** The durable half of a fake store: it outlives the store that was opened on it. */
export interface FakeDatabase {
  readonly clientId: string;
  content: FakeContent;
}

export function fakeDatabase(schema: SchemaMeta, clientId: string): FakeDatabase {
  const content: FakeContent = {
    schema,
    migrations: [],
    outboxEpoch: null,
    position: null,
    scope: null,
    lastMutation: 0,
    base: new Map(),
    changedAt: new Map(),
    pending: [],
    rejected: [],
  };
  return { clientId, content };
}
