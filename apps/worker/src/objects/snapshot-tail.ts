import type { HistoryPage, PageResult } from '@millrace/change-history';
import { SyncError, type Position } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { ServerMessage } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { cursorMove, deliver } from '@millrace/sync-session';

export interface SnapshotTailOptions {
  readonly schema: SchemaMeta;
  readonly claims: Claims;
  readonly clientId: string;
  readonly readPage: (after: Position, upTo: Position) => Promise<PageResult>;
}

/** History of (after, upTo] as frames: exactly what the client's socket would deliver [S2]. Throws `snapshot-failed` where that cannot be had. */
export async function* snapshotTail(
  options: SnapshotTailOptions,
  after: Position,
  upTo: Position,
): AsyncGenerator<readonly ServerMessage[], void, void> {
  let cursor = after;
  while (cursor.seq < upTo.seq) {
    const page = await nextPage(options, cursor, upTo);
    yield* pageFrames(options, page);
    cursor = page.to;
  }
}

async function nextPage({ readPage }: SnapshotTailOptions, after: Position, upTo: Position): Promise<HistoryPage> {
  const result = await readPage(after, upTo);
  if (result.kind === 'page') return result.page;
  throw new SyncError('snapshot-failed', `history cannot be read on (${result.kind}): try again`);
}

function* pageFrames(
  { schema, claims, clientId }: SnapshotTailOptions,
  page: HistoryPage,
): Generator<readonly ServerMessage[], void, void> {
  let cursor = page.from;
  for (const transaction of page.transactions) {
    const delivery = deliver(transaction, { schema, claims, clientId, from: cursor.seq });
    if (delivery.kind === 'resync') {
      throw new SyncError(
        'snapshot-failed',
        `a change made meanwhile cannot be replayed (${delivery.cause}): try again`,
      );
    }
    if (delivery.messages.length === 0) continue;
    yield delivery.messages;
    cursor = transaction.position;
  }
  if (cursor.seq < page.to.seq) yield cursorMove(cursor.seq, page.to);
}
