import type { HistoryTransaction } from '@millrace/change-history';
import { CLOSE_CODE, SyncError, backoffDelay, positionEquals, type Position } from '@millrace/kernel';
import type { Received, ServerMessage } from '@millrace/sync-protocol';
import { rowKeysOf } from '@millrace/sync-rules';
import { cursorMove, deliver } from '../deliver/deliver.js';
import { packMessages } from '../deliver/pack-messages.js';
import { everyRule, namedClaims } from '../scope.js';
import type { Push, PullResult, SessionEffect } from './session-event.js';
import { nextAlarm, type SessionState } from './session-state.js';
import { after, end, fail, fill, resync, stay, type SessionContext, type SessionStep } from './step.js';

/**
 * A push. Its rows count only if it begins exactly at the cursor and nothing else is under way: otherwise something between may be
 * missing, and it is a doorbell [D1]. So is one of another epoch: whether ours has ended or the push is a late one, only the page can tell.
 */
export function takePush(state: SessionState, push: Push, ctx: SessionContext): SessionStep {
  const cursor = state.cursor as Position;
  const heard = { ...state, owesAnswer: true, sweepAt: ctx.now + ctx.sweepMs };
  const sameEpoch = push.to.epoch === cursor.epoch;
  if (sameEpoch && push.to.seq <= cursor.seq) return pullIfDue(heard, ctx);
  const continues = push.from !== null && positionEquals(push.from, cursor);
  if (!continues || state.behind || state.pulling || state.halted) return pullIfDue({ ...heard, behind: true }, ctx);
  return deliverStretch(heard, push, ctx);
}

/** A page of history. One that nobody waits for was read for a session that has since been restored: it is dropped and read anew. */
export function takePulled(state: SessionState, result: PullResult, ctx: SessionContext): SessionStep {
  if (!state.pulling) return stay(state);
  const pulled = { ...state, pulling: false, failedPulls: 0, retryAt: null };
  if (result.kind === 'transaction-too-large') {
    const { kind: cause, tables, position } = result;
    return fill(pulled, { cause, tables, atLeast: position.seq });
  }
  if (result.kind !== 'page') return resync(pulled, result.kind, 'the server cannot continue this cursor');
  if (!positionEquals(result.page.from, state.cursor as Position))
    return fail(pulled, 'internal', 'a page does not begin at the cursor');
  // A doorbell during the read may be about something later than the page: `behind` stays as it is then.
  return deliverStretch({ ...pulled, behind: state.behind || !result.complete }, result.page, ctx);
}

export function takePullFailed(state: SessionState, ctx: SessionContext): SessionStep {
  if (!state.pulling) return stay(state);
  const retryAt = ctx.now + 1 + backoffDelay(state.failedPulls, ctx.random);
  const failed = { ...state, pulling: false, behind: true, failedPulls: state.failedPulls + 1, retryAt };
  return after([{ kind: 'schedule', at: nextAlarm(failed) }], answerIfAtRest(failed));
}

/** Everything up to `seq` is durable at the client: credit comes back [D5]. */
export function takeReceived(state: SessionState, received: Received, ctx: SessionContext): SessionStep {
  const cursor = state.cursor as Position;
  const seq = BigInt(received.seq);
  if (seq > cursor.seq) return fail(state, 'invalid-message', 'received: a position that was not delivered yet');
  const chars = seq === cursor.seq ? state.sentChars : Math.min(received.chars, state.sentChars);
  return pullIfDue({ ...state, ackedChars: Math.max(state.ackedChars, chars) }, ctx);
}

/** Starts the pull that is due, if it may run now; a session with nothing to wait for answers the pushes that wait. */
export function pullIfDue(state: SessionState, ctx: SessionContext): SessionStep {
  if (!state.behind || state.pulling || state.halted || state.retryAt !== null || !hasCredit(state, ctx))
    return answerIfAtRest(state);
  const after = state.cursor as Position;
  const pull: SessionEffect = {
    kind: 'pull',
    after,
    rowKeys: rowKeysOf(everyRule(ctx.catalogue), state.claims, state.clientId),
  };
  return { state: { ...state, behind: false, pulling: true, sweepAt: ctx.now + ctx.sweepMs }, effects: [pull] };
}

/** While a pull runs the answer would name a cursor that is about to move: the next push would be a doorbell again, for ever. */
function answerIfAtRest(state: SessionState): SessionStep {
  if (!state.owesAnswer || state.pulling) return stay(state);
  return { state: { ...state, owesAnswer: false }, effects: [{ kind: 'answer', cursor: state.cursor }] };
}

/** The rules name claims now that the session has not kept: the token is asked for them again. */
const RECONNECT: SessionEffect = { kind: 'close', code: CLOSE_CODE.goingAway, reason: 'the rules have changed' };

interface Stretch {
  readonly to: Position;
  readonly transactions: readonly HistoryTransaction[];
}

/** Delivers whole transactions while there is credit; what is left over is read again later, never kept [D5]. */
function deliverStretch(state: SessionState, stretch: Stretch, ctx: SessionContext): SessionStep {
  const { catalogue } = ctx;
  const { claims, clientId, appVersion: app } = state;
  let { schemaVersion: version, translated } = state;
  const messages: ServerMessage[] = [];
  let cursor = state.cursor as Position;
  let chars = 0;
  let stopped = false;
  let halted = false;
  for (const transaction of stretch.transactions) {
    if (inFlight(state) + chars >= ctx.windowChars) {
      stopped = true;
      break;
    }
    const delivery = deliver(transaction, { catalogue, version, app, claims, clientId, from: cursor.seq });
    if (delivery.kind === 'resync') return after(sends(messages), resync(state, delivery.cause, delivery.message));
    if (delivery.kind === 'fill') return after(sends(messages), fill({ ...state, cursor }, delivery));
    if (delivery.kind === 'outdated') throw new SyncError('assertion-failed', 'a session takes migrations');
    if (delivery.kind === 'stop') {
      messages.push(...delivery.messages);
      halted = true;
      break;
    }
    if (delivery.schema && namedClaims(delivery.schema).some((claim) => !state.claimNames.includes(claim)))
      return after(sends(messages), end({ ...state, cursor }, [RECONNECT]));
    ({ version, translated } = delivery);
    if (delivery.messages.length === 0) continue; // nothing of it is in scope; the cursor passes it with what comes next
    messages.push(...delivery.messages);
    chars += delivery.chars;
    cursor = transaction.position;
  }
  if (!stopped && !halted && stretch.to.seq > cursor.seq) {
    messages.push(...cursorMove(cursor.seq, stretch.to));
    cursor = stretch.to;
  }
  const sent = sends(messages);
  const effects: SessionEffect[] = [...sent];
  const sentChars = sent.reduce((sum, effect) => sum + effect.text.length, state.sentChars);
  const delivered = { ...state, cursor, sentChars, schemaVersion: version, translated, halted };
  if (halted || version !== state.schemaVersion) {
    const note = { kind: 'schema', versions: { tables: version, app }, halted } as const;
    effects.push({ kind: 'note', note });
  }
  // Stopped at the window: only `received` brings credit. Reading on at once would fetch whole pages for a transaction each.
  return after(effects, stopped ? answerIfAtRest({ ...delivered, behind: true }) : pullIfDue(delivered, ctx));
}

function sends(messages: readonly ServerMessage[]): readonly (SessionEffect & { kind: 'send' })[] {
  return packMessages(messages).map((text) => ({ kind: 'send', text }));
}

function hasCredit(state: SessionState, ctx: SessionContext): boolean {
  return inFlight(state) < ctx.windowChars;
}

function inFlight(state: SessionState): number {
  return state.sentChars - state.ackedChars;
}
