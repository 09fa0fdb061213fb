import { positionFromJson } from '@millrace/kernel';
import type { ResyncCause, SchemaChange, ServerMessage, Welcome } from '@millrace/sync-protocol';
import { assemble, assemblyAt, isTransactionFrame, type TransactionFrame } from './assembly.js';
import type { ClientEffect } from './client-effect.js';
import type { ClientState } from './client-state.js';
import { APPLY_CHANGES, TIMING } from './client-timing.js';
import { after, fail, loadAnew, step, type ClientStep } from './connecting.js';
import { joinOrders, wholeOrder } from './hydration/hydration-order.js';
import { pushSoon } from './pushing.js';
import { isRolledBack, waitsForApp, withSchema } from './schema-state.js';
import { takeCheckpoint } from './verifying.js';

/** Frames of one message of the current socket, in order; after one that ends the connection the rest is void. */
export function receive(state: ClientState, messages: readonly ServerMessage[], chars: number): ClientStep {
  let current = step({ ...state, chars: state.phase === 'live' ? state.chars + chars : 0 });
  for (const message of messages) {
    if (current.state.phase !== 'greeting' && current.state.phase !== 'live') return current;
    current = after(current.effects, receiveFrame(current.state, message));
  }
  return after(current.effects, applyNext(current.state));
}

function receiveFrame(state: ClientState, message: ServerMessage): ClientStep {
  if (isTransactionFrame(message)) return receiveTransactionFrame(state, message);
  switch (message.type) {
    case 'welcome':
      return welcome(state, message);
    case 'resync':
      return startOver(state, message.cause);
    case 'fill':
      return loadAnew(state, {
        cause: message.cause,
        tables: message.tables,
        atLeast: BigInt(message.atLeast),
        not: [],
      });
    case 'checkpoint':
      return state.phase === 'live' ? takeCheckpoint(state, message) : step(state);
    case 'schema-change':
      return receiveSchemaChange(state, message);
    case 'error':
      return fail(state, message);
  }
}

function welcome(state: ClientState, message: Welcome): ClientStep {
  if (state.phase !== 'greeting' || !state.greeted)
    return fail(state, { code: 'invalid-message', message: 'welcome without hello' });
  const { version: inForce } = message.schema;
  const fit = fitAtWelcome(state, message);
  if (fit === 'must-resync') return startOver(state, 'schema-changed');
  const live: ClientState = {
    ...withSchema(state, { fit, inForce, blocked: null, held: null }),
    phase: 'live',
    head: positionFromJson(message.head),
    assembly: assemblyAt(state.store.position?.seq ?? 0n),
    fault: null,
  };
  const settle: readonly ClientEffect[] =
    message.verdicts.length > 0 ? [{ type: 'settle', results: message.verdicts }] : [];
  // Their answers came by an earlier connection: nobody else would notice that their acks do not (F66).
  const awaitsAck = state.store.pending > state.store.unsent;
  const ack: readonly ClientEffect[] = awaitsAck
    ? [{ type: 'start-timer', timer: 'ack', delay: { ms: TIMING.ack } }]
    : [];
  return after(
    [
      { type: 'stop-timer', timer: 'handshake' },
      { type: 'start-timer', timer: 'stable', delay: { ms: TIMING.stable } },
      ...settle,
      ...ack,
    ],
    pushSoon(caughtUp(live)),
  );
}

/** All rows anew. If that was just done for the schema and has not helped, it waits: a server that wants it each time would be asked in a tight loop. */
function startOver(state: ClientState, cause: ResyncCause): ClientStep {
  const order = wholeOrder(cause);
  if (cause !== 'schema-changed' || state.attempt === 0) return loadAnew(state, order);
  return fail(
    { ...state, due: joinOrders(state.due, order) },
    { code: 'snapshot-failed', message: 'the server wants all rows to be read anew for its schema, again' },
  );
}

/** Steps that lie behind the cursor do not come any more: all rows are read anew with them, unless the app has taken one of them back. */
function fitAtWelcome(state: ClientState, { schema }: Welcome): Welcome['schema']['fit'] {
  const stays = schema.fit === 'must-resync' && state.schema.known.some(isRolledBack);
  return stays ? 'translate' : schema.fit;
}

/** Between transactions: what the server does about a step that this client does not take. */
function receiveSchemaChange(state: ClientState, { fit, migration, direction }: SchemaChange): ClientStep {
  if (state.phase !== 'live') return fail(state, { code: 'invalid-message', message: 'a migration before welcome' });
  const blocked = fit === 'translate' ? null : { migration, direction };
  return step(withSchema(state, { fit, blocked }));
}

/** Once the cursor has reached where history ended at `welcome`, the load is over for the app, too. */
export function caughtUp(state: ClientState): ClientState {
  const { head, progress, store } = state;
  const there = state.phase === 'live' && head !== null && store.position !== null && store.position.seq >= head.seq;
  return there && progress !== null ? { ...state, progress: null } : state;
}

function receiveTransactionFrame(state: ClientState, frame: TransactionFrame): ClientStep {
  if (state.phase !== 'live') return fail(state, { code: 'invalid-message', message: 'a transaction before welcome' });
  const assembled = assemble(state.assembly, frame);
  if (assembled.kind === 'gap') return fail(state, { code: 'invalid-message', message: assembled.reason });
  if (assembled.kind === 'part') return step({ ...state, assembly: assembled.assembly });
  const queue = [...state.queue, { transaction: assembled.transaction, chars: state.chars }];
  return step({ ...state, assembly: assembled.assembly, queue });
}

/** Hands waiting transactions to the store, several at a time, one hand-over at a time. */
export function applyNext(state: ClientState): ClientStep {
  if (state.phase !== 'live' || state.applying !== null || state.queue.length === 0) return step(state);
  const steps = state.queue[0]?.transaction.steps ?? [];
  const held = steps.find((one) => waitsForApp(state.schema, one));
  if (held) return step(withSchema(state, { held }));
  const batch = state.queue.slice(0, steps.length > 0 ? 1 : batchLength(state.queue));
  const last = batch[batch.length - 1]!;
  const applying = {
    connection: state.connection,
    seq: last.transaction.position.seq,
    chars: last.chars,
    steps: steps.map(({ migration }) => migration.name),
  };
  return step(
    { ...state, queue: state.queue.slice(batch.length), applying },
    { type: 'apply', transactions: batch.map((each) => each.transaction) },
  );
}

/** Up to the next migration, which is taken by itself. */
function batchLength(queue: ClientState['queue']): number {
  let changes = 0;
  let length = 0;
  for (const { transaction } of queue) {
    const size = transaction.changes.length;
    if (transaction.steps.length > 0 || (length > 0 && changes + size > APPLY_CHANGES)) break;
    changes += size;
    length += 1;
  }
  return length;
}

/** Durable: tell the server, which may then forget and send more [A1, D5]. */
export function acknowledge(
  state: ClientState,
  applied: NonNullable<ClientState['applying']>,
): readonly ClientEffect[] {
  if (state.phase !== 'live' || applied.connection !== state.connection) return [];
  return [
    {
      type: 'send',
      connection: state.connection,
      messages: [{ type: 'received', seq: applied.seq.toString(), chars: applied.chars }],
    },
  ];
}
