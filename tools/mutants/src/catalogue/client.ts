import type { Mutant } from '../mutant.js';

/** From the socket to the client's tables. */
export const CLIENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'cursor outside the transaction',
    harm: 'a tab that is closed in between has rows that its cursor does not know of: they are applied once more [A1]',
    edits: [
      {
        file: 'libs/pglite-client/src/store/pglite-store.ts',
        find: `    return transact(async (sql) => {
      const anyPending = await becomeReplica(sql, rows);
      return finishReplica(sql, await work(sql, anyPending));
    });
`,
        replace: `    return transact(async (sql) => work(sql, await becomeReplica(sql, rows))).then((change) =>
      transact((sql) => finishReplica(sql, change)),
    );
`,
      },
    ],
    killedBy: [
      {
        project: 'libs/pglite-client',
        spec: 'src/store/crash-points.spec.ts',
        test: 'apply with acks and re-base: all of it or nothing, and it can be done again',
      },
      {
        project: 'libs/pglite-client',
        spec: 'src/store/crash-points.spec.ts',
        test: 'hydrate beside rows in use: all of it or nothing, and it can be done again',
      },
      {
        project: 'libs/pglite-client',
        spec: 'src/store/crash-points.spec.ts',
        test: 'hydrate for the first time: all of it or nothing, and it can be done again',
      },
    ],
  },
];
