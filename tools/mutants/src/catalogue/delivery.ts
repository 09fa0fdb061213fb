import type { Mutant } from '../mutant.js';

const ROW_CHANGES = 'libs/sync-session/src/deliver/row-changes.ts';

/** From history to the sockets. */
export const DELIVERY_MUTANTS: readonly Mutant[] = [
  {
    name: 'own changes dropped',
    harm: 'a client never learns what the server made of its own write: where that was merged, it diverges for good [W5]',
    edits: [
      {
        file: 'libs/sync-session/src/deliver/deliver.ts',
        find: '  for (const entry of transaction.entries) {',
        replace: '  for (const entry of transaction.mutation?.clientId === to.clientId ? [] : transaction.entries) {',
      },
    ],
    killedBy: [
      {
        project: 'libs/sync-session',
        spec: 'src/deliver/deliver.spec.ts',
        test: 'own changes are delivered with their ack, never dropped',
      },
    ],
  },
  {
    name: 'a push is taken whatever it begins at',
    harm: 'what lies between the cursor and the push is skipped, and nobody notices [D1]',
    edits: [
      {
        file: 'libs/sync-session/src/session/delivery.ts',
        find: 'const continues = push.from !== null && positionEquals(push.from, cursor);',
        replace: 'const continues = true;',
      },
    ],
    killedBy: [
      {
        project: 'libs/sync-session',
        spec: 'src/session/session.spec.ts',
        test: 'a push that does not begin at the cursor is only a doorbell',
      },
    ],
  },
  {
    name: 'a row that moves in arrives as a patch',
    harm: 'the client has no row to patch: it stops, or shows a row of which most is missing [D3]',
    edits: [{ file: ROW_CHANGES, find: '  if (!wasIn) return put(table, after);\n', replace: '' }],
    killedBy: [
      {
        project: 'libs/sync-session',
        spec: 'src/deliver/deliver.spec.ts',
        test: '(out,in): the whole row out of both halves',
      },
    ],
  },
  {
    name: 'an unknown scope passes',
    harm: 'a row whose tenant is not known is sent to whoever asks [D3]',
    edits: [
      {
        file: ROW_CHANGES,
        find: "  if (wasIn === 'unknown' || isIn === 'unknown') return 'unknown';\n",
        replace: '',
      },
    ],
    killedBy: [
      {
        project: 'libs/sync-session',
        spec: 'src/deliver/deliver.spec.ts',
        test: 'never guesses: a scope column that neither side carries',
      },
    ],
  },
  {
    name: 'two pushes in flight',
    harm: 'the later push overtakes the earlier one, and a slow instance is buried under pushes [D6]',
    edits: [
      {
        file: 'libs/replication/src/distribution/distribution.ts',
        find: 'if (instance.inFlight || waits ||',
        replace: 'if (waits ||',
      },
    ],
    killedBy: [
      {
        project: 'libs/replication',
        spec: 'src/distribution/distribution.spec.ts',
        test: 'has at most one push in flight; what comes meanwhile is coalesced',
      },
    ],
  },
];
