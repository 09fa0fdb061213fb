import { SyncError, type Lsn, type SqlSession } from '@millrace/kernel';
import { schemaAfter, schemaBefore } from '@millrace/schema-compat';
import type { CaptureOptions } from './capture-options.js';
import type { ReportUnknown } from './captured-table.js';
import type { Skips } from './decoder.js';
import { FillMarks } from './fill-marks.js';
import { currentXid } from './gate.js';
import type { Napper } from './nap.js';
import { openOutputPlugin, type OutputPlugin } from './output-plugin.js';
import { createPumpQueue, type PumpQueue } from './pump-queue.js';
import { runPump, type PumpObserver } from './pump.js';
import { advanceSlot, runPollReader } from './readers/poll-reader.js';
import { openStreamReader } from './readers/stream-reader.js';
import type { SchemaInForce } from './schema-in-force.js';
import type { OpenedHistory } from './slot/open-history.js';
import { rememberJoined } from './slot/publication.js';
import { createTaskGroup, type TaskGroup } from './task-group.js';

export interface SessionOptions extends Omit<Required<CaptureOptions>, 'schema'> {
  readonly reportUnknown: ReportUnknown;
  readonly redescribed: () => void;
  readonly observer: PumpObserver;
  readonly skips: Skips;
  /** Woken by `nudge()`: the poll reader's rest. */
  readonly napper: Napper;
  /** Called when the slot is being read. `follow` moves the slot to an address that capture has passed, however little that is. */
  readonly reading: (follow: Confirm) => void;
  readonly signal: AbortSignal;
}

/** Bytes of decoded transactions that wait for the pump; beyond it the reader waits, and by its back-pressure Postgres does [Z2]. */
const QUEUE_BYTES = 8 * 1024 * 1024;

/** One stretch of capture between two failures: a reader, the pump and their connections. Rejects with what ended it; then nothing of it is left. */
export async function runSession(sql: SqlSession, opened: OpenedHistory, options: SessionOptions): Promise<never> {
  const group = createTaskGroup(options.signal);
  try {
    group.run(endOf(sql));
    const nearXid = await currentXid(sql);
    const inForce: SchemaInForce = { schema: opened.schema };
    const tables = tablesOf(opened);
    const plugin = await openOutputPlugin(sql, { ...options, inForce, tables });
    const queue = createPumpQueue({ maxBytes: QUEUE_BYTES, signal: group.signal });
    const confirm = await (options.reader === 'stream' ? startStream : startPoll)({
      group,
      sql,
      plugin,
      queue,
      opened,
      options,
    });
    const { slot, publication, store, idleConfirmMs, observer, clock, createHash, decoder, reader } = options;
    const { head, slotTarget, columns } = opened;
    const { signal } = group;
    group.run(
      runPump({
        sql,
        queue,
        slot,
        inForce,
        source: { decoder, reader },
        head,
        slotTarget,
        fillMarks: new FillMarks(opened.schema, columns),
        nearXid,
        store,
        switched: (schemas) => rememberJoined(sql, { publication, store }, schemas),
        confirm,
        idleConfirmMs,
        observer,
        clock,
        createHash,
        signal,
      }),
    );
    options.reading((lsn) => queue.put({ kind: 'reached', lsn, follow: true }));
    return await group.ended();
  } finally {
    group.closing(() => sql.close());
    await group.close();
  }
}

/** In every version: those of one that is not in force any more are in WAL that is still to be read, those of one that is yet to come are in it already. */
function tablesOf({ schema, catalogue }: OpenedHistory): ReadonlySet<string> {
  const versions = [schema, ...catalogue.steps.flatMap((step) => [schemaBefore(step), schemaAfter(step)])];
  return new Set(versions.flatMap(({ tables }) => tables.map(({ name }) => name)));
}

interface ReaderParts {
  readonly group: TaskGroup;
  readonly sql: SqlSession;
  readonly plugin: OutputPlugin;
  readonly queue: PumpQueue;
  readonly opened: OpenedHistory;
  readonly options: SessionOptions;
}

/** Moves the slot. */
export type Confirm = (lsn: Lsn) => Promise<void>;

async function startStream({ group, plugin, queue, opened, options }: ReaderParts): Promise<Confirm> {
  const { openStream, slot, clock } = options;
  const { walSenderTimeoutMs } = opened.system;
  const reader = await openStreamReader({
    openStream,
    slot,
    plugin,
    queue,
    walSenderTimeoutMs,
    clock,
    signal: group.signal,
  });
  group.run(reader.run());
  return reader.confirm;
}

async function startPoll({ group, sql, plugin, queue, opened, options }: ReaderParts): Promise<Confirm> {
  const { openSql, slot, pollMs, napper, clock } = options;
  const peekSql = await openSql();
  group.closing(() => peekSql.close());
  group.run(endOf(peekSql));
  // What was persisted and not confirmed before a failure: a peek that is full of it would bring nothing else, again and again.
  await advanceSlot(sql, slot, opened.slotTarget);
  group.run(runPollReader({ sql: peekSql, slot, plugin, queue, pollMs, napper, clock, signal: group.signal }));
  return (lsn) => advanceSlot(sql, slot, lsn);
}

async function endOf(sql: SqlSession): Promise<never> {
  throw (await sql.ended) ?? new SyncError('database-unavailable', 'the session with Postgres was closed');
}
