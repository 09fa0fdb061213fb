import type { Clock } from '@millrace/kernel';

/** A network that went away, or a server that hangs, ends no socket: without a question nobody would ever notice. */
export const LIVENESS = {
  /** After this long without any frame the other side is asked whether it is there, ms. */
  silenceMs: 20_000,
  /** After this much more the socket is given up, ms. */
  answerMs: 10_000,
} as const;

export interface LivenessOptions {
  readonly clock: Clock;
  readonly ask: () => void;
  /** Called once, and then no more is asked. */
  readonly giveUp: () => void;
}

export interface Liveness {
  /** Something came: the other side lives. */
  heard(): void;
  end(): void;
}

/** Begins at once. Any frame is a sign of life, so that a busy socket is never asked. */
export function watchLiveness({ clock, ask, giveUp }: LivenessOptions): Liveness {
  let heardAt = clock.now();
  let cancel: () => void;

  // One timer at a time, not one a frame: frames may come by the thousand.
  const watch = (ms: number): void => {
    cancel = clock.after(ms, () => {
      const left = LIVENESS.silenceMs - (clock.now() - heardAt);
      if (left > 0) return watch(left);
      const askedAt = clock.now();
      ask();
      cancel = clock.after(LIVENESS.answerMs, () => (heardAt >= askedAt ? watch(0) : giveUp()));
    });
  };
  watch(LIVENESS.silenceMs);

  return {
    heard: () => {
      heardAt = clock.now();
    },
    end: () => cancel(),
  };
}
