import { positionFromJson } from '@millrace/kernel';
import type { ServerMessage, Welcome } from '@millrace/sync-protocol';
import { assemble, assemblyAt, isTransactionFrame, type TransactionFrame } from './assembly.js';
import type { ClientEffect } from './client-effect.js';
import type { ClientState } from './client-state.js';
import { APPLY_CHANGES, TIMING } from './client-timing.js';
import { after, fail, loadAnew, step, type ClientStep } from './connecting.js';
import { wholeOrder } from './hydration/hydration-order.js';
import { pushSoon } from './pushing.js';
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
      return loadAnew(state, wholeOrder(message.cause));
    case 'fill':
      return loadAnew(state, { cause: message.cause, tables: message.tables, atLeast: BigInt(message.atLeast), not: [] });
    case 'checkpoint':
      return state.phase === 'live' ? takeCheckpoint(state, message) : step(state);
    case 'error':
      return fail(state, message);
  }
}

function welcome(state: ClientState, message: Welcome): ClientStep {
  if (state.phase !== 'greeting' || !state.greeted)
    return fail(state, { code: 'invalid-message', message: 'welcome without hello' });
  if (message.schema.fit === 'must-update-app') {
    return fail(state, {
      code: 'schema-unknown',
      message: `The server's schema ${message.schema.version} does not fit this app: update it.`,
    });
  }
  const live: ClientState = {
    ...state,
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
  const batch = state.queue.slice(0, batchLength(state.queue.map((each) => each.transaction.changes.length)));
  const last = batch[batch.length - 1]!;
  const applying = { connection: state.connection, seq: last.transaction.position.seq, chars: last.chars };
  return step(
    { ...state, queue: state.queue.slice(batch.length), applying },
    { type: 'apply', transactions: batch.map((each) => each.transaction) },
  );
}

function batchLength(sizes: readonly number[]): number {
  let changes = 0;
  let length = 0;
  for (const size of sizes) {
    if (length > 0 && changes + size > APPLY_CHANGES) break;
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
