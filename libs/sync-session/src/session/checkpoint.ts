import { encodeServerMessages, type Checkpoint } from '@millrace/sync-protocol';
import { pullIfDue } from './delivery.js';
import { nextAlarm, type SessionState } from './session-state.js';
import { after, stay, type SessionContext, type SessionStep } from './step.js';

/** A client wants to know whether it holds what the server holds. It gets its answer, but not more often than allowed: each costs a read of all rows in scope. */
export function takeVerify(state: SessionState, ctx: SessionContext): SessionStep {
  if (state.checkpointing) return stay(state); // what is being made answers this one too
  const asked = checkpointIfDue({ ...state, verifyAsked: true }, ctx);
  return asked.effects.length > 0 ? asked : after([{ kind: 'schedule', at: nextAlarm(asked.state) }], asked);
}

/** Starts the checkpoint that is due: the client has asked, or long enough nobody has compared. */
export function checkpointIfDue(state: SessionState, ctx: SessionContext): SessionStep {
  const { verifyAsked, verifyFrom, checkpointAt, checkpointing, phase } = state;
  if (phase !== 'live' || checkpointing) return stay(state);
  const asked = verifyAsked && verifyFrom <= ctx.now;
  if (!asked && checkpointAt > ctx.now) return stay(state);
  // Its tables are not those of the server: their hashes would differ, and mean nothing.
  if (state.translated || state.halted)
    return stay({ ...state, verifyAsked: false, checkpointAt: ctx.now + ctx.checkpointMs });
  return {
    state: {
      ...state,
      checkpointing: true,
      verifyAsked: verifyAsked && !asked,
      verifyFrom: ctx.now + ctx.verifyMs,
      checkpointAt: ctx.now + ctx.checkpointMs,
    },
    effects: [{ kind: 'checkpoint-wanted', asked }],
  };
}

/** Compares only at a client whose cursor has reached its end: one that is not touched by the history up to there is moved over it [S6]. */
export function takeCheckpoint(state: SessionState, checkpoint: Checkpoint, ctx: SessionContext): SessionStep {
  if (!state.checkpointing) return stay(state);
  const behind = state.behind || (state.cursor !== null && state.cursor.seq < BigInt(checkpoint.to.seq));
  const told = { ...state, checkpointing: false, behind };
  return after(
    [
      { kind: 'send', text: encodeServerMessages([checkpoint]) },
      { kind: 'schedule', at: nextAlarm(told) },
    ],
    pullIfDue(told, ctx),
  );
}

/** The next one may succeed: soon if the client waits for it. */
export function takeCheckpointFailed(state: SessionState, asked: boolean): SessionStep {
  if (!state.checkpointing) return stay(state);
  const failed = { ...state, checkpointing: false, verifyAsked: state.verifyAsked || asked };
  return after([{ kind: 'schedule', at: nextAlarm(failed) }], stay(failed));
}
