import type { Mutant } from '../mutant.js';

const PUMP = 'libs/replication/src/pump.ts';
const GATE = 'libs/replication/src/gate.ts';
const APPEND = 'libs/change-history/src/append.ts';

/** From the WAL to history. */
export const CAPTURE_MUTANTS: readonly Mutant[] = [
  {
    name: 'confirm before commit',
    harm: 'Postgres lets go of WAL that history does not hold yet: a crash in between loses those transactions [H4]',
    edits: [
      {
        file: PUMP,
        find: '  const { slot, inForce, source, createHash, head: from } = pump;\n',
        replace: '  const { slot, inForce, source, createHash, head: from } = pump;\n  await pump.confirm(through);\n',
      },
    ],
    killedBy: [
      {
        project: 'libs/replication',
        spec: 'src/pump.spec.ts',
        test: '[H4] history, then the store, then the slot, then the bells: in this order and no other',
      },
    ],
  },
  {
    name: 'skip what is at or below the last record LSN',
    harm: 'of two transactions that overlap, the one that commits later loses its earlier changes [H2]',
    edits: [
      {
        file: PUMP,
        find: '  idleConfirmedAt: number;\n',
        replace: '  idleConfirmedAt: number;\n  lastRecordLsn?: Lsn | null;\n',
      },
      {
        file: PUMP,
        find: '  const changes = pump.fillMarks.mark(decoded);\n',
        replace: `  const last = pump.lastRecordLsn ?? null;
  const changes = decoded.changes.filter(({ recordLsn }) => recordLsn === null || last === null || recordLsn > last);
  if (changes.length === 0) return [];
  pump.lastRecordLsn = changes.at(-1)?.recordLsn ?? last;
`,
      },
    ],
    killedBy: [
      {
        project: 'libs/replication',
        spec: 'src/pump.spec.ts',
        test: '[M1] overlapping transactions keep the order of their commits, and every change, whatever their record LSNs',
      },
      {
        project: 'libs/replication',
        spec: 'src/capture-changes.pg.spec.ts',
        test: '[M1] overlapping transactions are ordered by their commit, not by their records',
      },
    ],
  },
  {
    name: 'order by record LSN',
    harm: 'history is in another order than the commits were: the row that was written first wins everywhere but in Postgres',
    edits: [
      {
        file: PUMP,
        find: '  let waiting: readonly CapturedTransaction[] = all;\n',
        replace: `  all.sort((a, b) => Number((a.changes[0]?.recordLsn ?? 0n) - (b.changes[0]?.recordLsn ?? 0n)));
  let waiting: readonly CapturedTransaction[] = all;
`,
      },
    ],
    killedBy: [
      {
        project: 'libs/replication',
        spec: 'src/pump.spec.ts',
        test: '[M1] overlapping transactions keep the order of their commits, and every change, whatever their record LSNs',
      },
    ],
  },
  {
    name: 'no gate',
    harm: 'a commit is in history before a snapshot can see it: who hydrates in between never gets its rows [H1]',
    edits: [
      {
        file: GATE,
        find: '  return firstHidden < 0 ? xids.length : firstHidden;',
        replace: '  return Math.max(firstHidden, xids.length);',
      },
    ],
    killedBy: [
      {
        project: 'libs/replication',
        spec: 'src/pump.spec.ts',
        test: '[H1] the gate lets through what is visible, in order, and holds the rest back',
      },
    ],
  },
  {
    name: 'on conflict do nothing instead of compare-and-set',
    harm: 'a writer whose state is old believes its rows stored, while others stand under their seq [H3]',
    edits: [
      {
        file: APPEND,
        find: ' and last_seq = $3 and last_commit_lsn = $4`',
        replace: ' and $3::bigint is not null and $4::text is not null`',
      },
      {
        file: APPEND,
        find: 'rows where exists (select from moved))',
        replace: 'rows where exists (select from moved) on conflict do nothing)',
      },
      { file: APPEND, find: '(${rowsFrom(2)}) rows`', replace: '(${rowsFrom(2)}) rows on conflict do nothing`' },
    ],
    killedBy: [
      {
        project: 'libs/change-history',
        spec: 'src/history.pg.spec.ts',
        test: '[H3] a writer whose state is old stores nothing, in one statement and in parts',
      },
    ],
  },
];
