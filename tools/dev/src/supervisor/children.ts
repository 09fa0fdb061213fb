import type { ChildHandle, ProcessRef, SignalStep } from '@millrace/processes';

interface TrackedChild {
  readonly name: string;
  readonly child: ChildHandle;
  readonly ladder: readonly SignalStep[];
}

/** The children that run now. They are written down as soon as they exist and ended in reverse order. */
export interface Children {
  track(name: string, child: ChildHandle, ladder: readonly SignalStep[]): void;
  refs(): Record<string, ProcessRef>;
  /** Ends the youngest first, so that nobody loses what it depends on before it has stopped itself. */
  endAll(): Promise<void>;
  /** For the second Ctrl-C: no order, no mercy. */
  killAll(): void;
}

/** @param onChange called whenever a child comes or goes */
export function createChildren(onChange: () => void): Children {
  let tracked: TrackedChild[] = [];
  let ending = false;
  return {
    track(name, child, ladder) {
      // Started by work that was under way when the stop began; nobody would end it later.
      if (ending) return child.killGroup();
      const entry: TrackedChild = { name, child, ladder };
      tracked.push(entry);
      onChange();
      void child.exited.then(() => {
        tracked = tracked.filter((other) => other !== entry);
        onChange();
      });
    },
    refs: () => Object.fromEntries(tracked.map(({ name, child }) => [name, child.ref])),
    async endAll() {
      ending = true;
      for (const { child, ladder } of [...tracked].reverse()) await child.end(ladder);
    },
    killAll() {
      for (const { child } of tracked) child.killGroup();
    },
  };
}
