import { FIRST_LIFE, afterDeath } from './restart-policy.js';
import type { Life, RestartDecision } from './restart-policy.js';

const killed: Life = { listenedMs: 5, status: { code: null, signal: 'SIGKILL' } };
const failed: Life = { listenedMs: null, status: { code: 1, signal: null } };
const crashedLater: Life = { listenedMs: 60_000, status: { code: null, signal: 'SIGSEGV' } };

function decisions(lives: readonly Life[]): RestartDecision[] {
  let state = FIRST_LIFE;
  return lives.map((life) => {
    const next = afterDeath(state, life);
    state = next.state;
    return next.decision;
  });
}

describe('the restart policy', () => {
  it('gives up after five restarts of what fails by itself, ever more slowly', () => {
    expect(decisions(Array(6).fill(failed))).toEqual([
      ...[250, 500, 1000, 2000, 4000].map((delayMs) => ({ kind: 'restart', delayMs })),
      { kind: 'give-up', faults: 6 },
    ]);
  });

  it('never gives up what is killed from outside, and waits a second at most', () => {
    const delays = decisions(Array(50).fill(killed)).map((decision) =>
      decision.kind === 'restart' ? decision.delayMs : NaN,
    );
    expect(delays.slice(0, 5)).toEqual([50, 100, 200, 400, 800]);
    expect(Math.max(...delays)).toBe(1000);
  });

  it('forgets earlier deaths after a long life', () => {
    expect(decisions([failed, failed, failed, crashedLater, failed]).map(({ kind }) => kind)).not.toContain('give-up');
    expect(decisions([failed, failed, failed, failed, failed, crashedLater, failed]).at(-1)).toEqual({
      kind: 'restart',
      delayMs: 500,
    });
  });
});
