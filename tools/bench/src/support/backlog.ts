import type { BenchStack } from './bench-stack.js';

/** Writes that happen while nobody captures. */
export interface Backlog {
  readonly id: string;
  readonly title: string;
  /** Changes that it makes, each with a position of its own. */
  readonly changes: number;
  write(bench: BenchStack): Promise<void>;
}

/** One row each. Without waiting for the disk: it is the backlog that matters, not how it came. */
export function manyTransactions(count: number): Backlog {
  return {
    id: 'transactions',
    title: `${count.toLocaleString('en')} transactions of one row`,
    changes: count,
    write: async ({ source }) => {
      await source.run('set synchronous_commit = off');
      await source.run(/* sql */ `
        do $$
        declare ids uuid[] := array(select id from invoices order by number limit ${count});
        begin
          for n in 1..${count} loop
            update invoices set notes = 'backlog ' || n where id = ids[n];
            commit;
          end loop;
        end $$`);
      await source.run('reset synchronous_commit');
    },
  };
}

export function oneTransaction(rows: number): Backlog {
  return {
    id: 'rows',
    title: `one transaction of ${rows.toLocaleString('en')} rows`,
    changes: rows,
    write: ({ source }) =>
      source.run(/* sql */ `
        update invoices set notes = 'at once' where id in (select id from invoices order by number limit ${rows})`),
  };
}
