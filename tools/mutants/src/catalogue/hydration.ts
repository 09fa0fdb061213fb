import type { Mutant } from '../mutant.js';

/** Snapshots, tails, fills and comparisons. */
export const HYDRATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'the tail begins at the newest table',
    harm: 'what happened to the older ones between their reading and that position never arrives [S2]',
    edits: [
      {
        file: 'libs/pglite-client/src/core/hydration/tail-plan.ts',
        find: '(each.seq < oldest.seq ? each : oldest)',
        replace: '(each.seq > oldest.seq ? each : oldest)',
      },
    ],
    killedBy: [
      {
        project: 'libs/pglite-client',
        spec: 'src/core/hydration/tail-plan.spec.ts',
        test: '[S2] begins at the oldest table, and spares the others what they hold',
      },
    ],
  },
  {
    name: 'what rows hold already is sent again',
    harm: 'patches of an earlier time meet rows that are further on: old values come back [S4]',
    edits: [
      {
        file: 'libs/sync-session/src/deliver/deliver.ts',
        find: 'return upTo !== undefined && position.seq <= upTo;',
        replace: 'return upTo !== undefined && position.seq < 0n;',
      },
    ],
    killedBy: [
      {
        project: 'libs/sync-session',
        spec: 'src/deliver/held.prop.spec.ts',
        test: 'is left out: the delivery is that of the transaction without it',
      },
    ],
  },
  {
    name: 'snapshot before lock',
    harm: 'a TRUNCATE or a rewrite between the two leaves a table that looks empty to an older snapshot: all its rows vanish [S1]',
    edits: [
      {
        file: 'libs/hydration/src/server/read-table.ts',
        find: `      await sql.query(lockStatement(tables));
      const basis = await readBasis(sql, slot);
`,
        replace: `      const basis = await readBasis(sql, slot);
      await sql.query(lockStatement(tables));
`,
      },
    ],
    killedBy: [
      {
        project: 'libs/hydration',
        spec: 'src/server/build-table.pg.spec.ts',
        test: '[S1] a TRUNCATE that commits while the lock is waited for is seen whole: locks come before the snapshot',
      },
    ],
  },
  {
    name: 'chunks are taken without their digest',
    harm: 'a byte that flipped in the store or on the way becomes a row [S5]',
    edits: [
      {
        file: 'libs/hydration/src/client/chunk-downloads.ts',
        find: 'return bytes.length === chunk.rawBytes && (await digest(bytes)) === chunk.digest;',
        replace: 'return bytes.length === chunk.rawBytes || (await digest(bytes)) === chunk.digest;',
      },
    ],
    killedBy: [
      {
        project: 'libs/hydration',
        spec: 'src/client/chunk-downloads.spec.ts',
        test: 'fetches a corrupt chunk once more',
      },
    ],
  },
  {
    name: 'hashes of different moments are compared',
    harm: 'a table that changed meanwhile is taken for a damaged one and loaded anew, again and again [S6]',
    edits: [
      {
        file: 'libs/pglite-client/src/core/compare-checkpoint.ts',
        find: 'if (state.changedAt > from) return',
        replace: 'if (state.changedAt > from && from < 0n) return',
      },
    ],
    killedBy: [
      {
        project: 'libs/pglite-client',
        spec: 'src/core/compare-checkpoint.spec.ts',
        test: 'a table that changed after the server began to read says nothing, equal or not',
      },
    ],
  },
];
