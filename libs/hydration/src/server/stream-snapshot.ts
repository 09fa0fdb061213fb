import { ERROR_CATALOGUE, SqlError, SyncError, errorText, positionToJson } from '@millrace/kernel';
import type { Clock, CopySession, Logger, Lsn, Position } from '@millrace/kernel';
import type { SchemaMeta, TableMeta } from '@millrace/schema-meta';
import type { ServerMessage } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { PREAMBLE } from '../format/frames.js';
import { encodePart } from '../format/part-codec.js';
import type { SnapshotFailure, SnapshotPart } from '../format/snapshot-part.js';
import { copyQuery } from './copy-query.js';
import { beginReading, estimateRows, type ReadBasis } from './read-transaction.js';

/** For so long tables may be locked and their old row versions kept, however slow the reader [S1]. */
const READ_MS = 60_000;
const CAPTURE_MS = 30_000;

export interface StreamSnapshotOptions {
  /** A session for this snapshot alone. Its holder closes it; the stream closes it too when it must let go at once. */
  readonly sql: CopySession;
  readonly schema: SchemaMeta;
  /** Whose rows. */
  readonly claims: Claims;
  readonly slot: string;
  /** Resolves with the end of history once everything up to that address is in it. */
  readonly waitForCapture: (lsn: Lsn) => Promise<Position>;
  /** History of (after, upTo] as the reader's socket would deliver it. */
  readonly readTail: (after: Position, upTo: Position) => AsyncIterable<readonly ServerMessage[]>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The reader has gone: transaction and session are let go at once. */
  readonly signal: AbortSignal;
  /** Longest time from the first lock to the last row, ms. Default 60 s. */
  readonly readMs?: number;
  /** Longest wait for capture, ms. Default 30 s. */
  readonly captureMs?: number;
}

/**
 * A snapshot as bytes [S1, S2]: all rows in scope from one transaction at S, then history of (S, H], so that the reader continues
 * live from H. Postgres waits while the reader does. A failure is told as the last part.
 */
export async function* streamSnapshot(options: StreamSnapshotOptions): AsyncGenerator<Uint8Array, void, void> {
  const { sql, signal, logger } = options;
  const letGo = () => void sql.close();
  signal.addEventListener('abort', letGo, { once: true });
  try {
    signal.throwIfAborted();
    yield PREAMBLE;
    for await (const part of snapshotParts(options)) yield encodePart(part);
  } catch (error) {
    if (signal.aborted) return;
    logger.warn('snapshot failed', { error: errorText(error), code: failureOf(error).code });
    yield encodePart(failureOf(error));
  } finally {
    signal.removeEventListener('abort', letGo);
  }
}

async function* snapshotParts(options: StreamSnapshotOptions): AsyncGenerator<SnapshotPart, void, void> {
  const { basis, rows } = yield* rowParts(options);
  const end = await captured(options, basis);
  for await (const messages of options.readTail(basis.position, end)) {
    if (messages.length > 0) yield { kind: 'tail', messages };
  }
  yield { kind: 'end', position: positionToJson(end), rows };
}

/** Everything that is read in the one transaction, which never outlives its time. */
async function* rowParts(
  options: StreamSnapshotOptions,
): AsyncGenerator<SnapshotPart, { basis: ReadBasis; rows: number }, void> {
  const { sql, schema, claims, slot, clock, readMs = READ_MS } = options;
  let overdue = false;
  const cancelTimer = clock.after(readMs, () => {
    overdue = true;
    void sql.close();
  });
  let committed = false;
  try {
    const basis = await beginReading(sql, schema, slot);
    const tables = schema.tables.map(({ name }) => name);
    yield { kind: 'header', schemaVersion: schema.version, position: positionToJson(basis.position), tables };
    let rows = 0;
    for (const table of schema.tables) rows += yield* tableParts(sql, table, claims);
    await sql.query('commit');
    committed = true;
    return { basis, rows };
  } catch (cause) {
    if (!overdue) throw cause;
    throw new SyncError('timeout', `the snapshot was not read within ${readMs} ms: its tables cannot stay locked`, {
      cause,
    });
  } finally {
    cancelTimer();
    // A session that is over has ended its transaction with itself.
    if (!committed) await sql.query('rollback').catch(() => undefined);
  }
}

async function* tableParts(
  sql: CopySession,
  table: TableMeta,
  claims: Claims,
): AsyncGenerator<SnapshotPart, number, void> {
  yield {
    kind: 'table',
    name: table.name,
    columns: table.columns.map(({ name }) => name),
    rowEstimate: await estimateRows(sql, table),
  };
  const blocks = sql.copyOut(copyQuery(table, claims));
  try {
    for (;;) {
      const next = await blocks.next();
      if (next.done) {
        const { rowCount } = next.value;
        yield { kind: 'table-end', rows: rowCount };
        return rowCount;
      }
      yield { kind: 'rows', bytes: next.value };
    }
  } finally {
    await blocks.return({ rowCount: 0 });
  }
}

/** H: where history ends when it holds everything that the rows show. */
async function captured(options: StreamSnapshotOptions, { position, seenUpTo }: ReadBasis): Promise<Position> {
  const { waitForCapture, clock, captureMs = CAPTURE_MS } = options;
  const end = await within(clock, captureMs, waitForCapture(seenUpTo));
  if (end.epoch === position.epoch && end.seq >= position.seq) return end;
  throw new SyncError('snapshot-failed', 'a new history began while the snapshot was read: try again');
}

async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  let cancel: () => void = () => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () =>
      reject(new SyncError('timeout', `capture did not reach the snapshot within ${ms} ms`)),
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

/** What the reader is told: a code, and words without SQL, addresses or rows (I8). */
function failureOf(error: unknown): SnapshotFailure {
  if (error instanceof SqlError) {
    const message = `reading the database failed (SQLSTATE ${error.code}): try again`;
    return { kind: 'error', code: 'snapshot-failed', message };
  }
  if (!(error instanceof SyncError))
    return { kind: 'error', code: 'internal', message: ERROR_CATALOGUE.internal.meaning };
  const own = error.code === 'snapshot-failed' || error.code === 'timeout';
  return { kind: 'error', code: error.code, message: own ? error.message : ERROR_CATALOGUE[error.code].meaning };
}
