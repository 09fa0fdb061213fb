import { positionToJson, SyncError, type Clock, type Position } from '@millrace/kernel';
import type { SnapshotPart } from '@millrace/pglite-client';
import { encodeFakeRows } from '@millrace/pglite-client/testing';
import type { ServerMessage } from '@millrace/sync-protocol';
import { rowKeysOf, type Claims } from '@millrace/sync-rules';
import { partFor, type HistoryTransaction } from '@millrace/change-history';
import { deliver } from '@millrace/sync-session';
import { schema } from '../schema.js';
import type { FakeHistory } from './fake-history.js';
import type { FakePostgres } from './fake-postgres.js';

export interface SnapshotOptions {
  readonly postgres: FakePostgres;
  readonly history: FakeHistory;
  readonly clock: Clock;
  readonly clientId: string;
  readonly claims: Claims;
}

/** Rows and position out of one moment, then everything up to where capture has passed that moment [S2]. */
export async function* fakeSnapshot({
  postgres,
  history,
  clock,
  clientId,
  claims,
}: SnapshotOptions): AsyncGenerator<SnapshotPart> {
  const start = history.head;
  const wanted = postgres.insertLsn;
  const tables = schema.tables.map(({ name, columns }) => ({
    name,
    columns: columns.map((column) => column.name),
    rows: postgres.rowsInScope(name, claims),
  }));
  yield {
    kind: 'header',
    schemaVersion: schema.version,
    position: positionToJson(start),
    tables: tables.map(({ name }) => name),
  };
  let total = 0;
  for (const { name, columns, rows } of tables) {
    yield { kind: 'table', name, columns, rowEstimate: rows.length };
    yield { kind: 'rows', bytes: encodeFakeRows(rows) };
    yield { kind: 'table-end', rows: rows.length };
    total += rows.length;
  }
  while (postgres.capturedLsn < wanted && history.head.epoch === start.epoch) await clock.sleep(3);
  const end = history.head;
  if (end.epoch !== start.epoch) throw new SyncError('snapshot-failed', 'the history has ended meanwhile');
  if (start.seq < history.horizon) throw new SyncError('snapshot-failed', 'the history was trimmed meanwhile');
  const keys = new Set(rowKeysOf(schema, claims, clientId));
  const messages = tailOf(
    history.between(start, end).flatMap((transaction) => partFor(transaction, keys) ?? []),
    start,
    { clientId, claims },
  );
  if (messages.length > 0) yield { kind: 'tail', messages };
  yield { kind: 'end', position: positionToJson(end), rows: total };
}

function tailOf(
  transactions: readonly HistoryTransaction[],
  start: Position,
  to: { readonly clientId: string; readonly claims: Claims },
): readonly ServerMessage[] {
  const messages: ServerMessage[] = [];
  let from = start.seq;
  for (const transaction of transactions) {
    const delivery = deliver(transaction, { schema, ...to, from });
    if (delivery.kind === 'resync') throw new SyncError('snapshot-failed', delivery.message);
    if (delivery.messages.length === 0) continue;
    messages.push(...delivery.messages);
    from = transaction.position.seq;
  }
  return messages;
}
