import type { Mutant } from '../mutant.js';

/** Letting go of Postgres, and coming back. */
export const SLEEP_MUTANTS: readonly Mutant[] = [
  {
    name: 'sleep while somebody is connected',
    harm: 'a quiet client gets nothing more until somebody else wakes the server [Z1]',
    edits: [
      {
        file: 'libs/replication/src/sleep/sleep.ts',
        find: 'return idleAfterMs > 0 && clients === 0 && calls === 0;',
        replace: 'return idleAfterMs > 0 && clients >= 0 && calls === 0;',
      },
    ],
    killedBy: [
      {
        project: 'libs/replication',
        spec: 'src/sleep/sleep.spec.ts',
        test: 'not while a client is connected',
      },
    ],
  },
  {
    name: 'close first, store after',
    harm: 'a crash in between leaves a server without an alarm: it never looks again, and WAL is retained without bound [Z1]',
    edits: [
      {
        file: 'apps/worker/src/objects/wakefulness.ts',
        find: '      await remember(sleep);\n      await start.stop();\n',
        replace: '      await start.stop();\n      await remember(sleep);\n',
      },
    ],
    killedBy: [
      {
        project: 'apps/worker',
        spec: 'src/objects/wakefulness.spec.ts',
        test: 'persists and confirms, stores when it wakes, and only then closes',
      },
    ],
  },
];
