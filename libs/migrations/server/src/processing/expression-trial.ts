import { errorText } from '@millrace/kernel';
import { quoteIdent } from '@millrace/schema-meta';
import { inTrial } from './in-trial.js';
import type { Problems } from './problems.js';
import type { RunSql } from './sql-runner.js';

interface TrialColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * Asks Postgres itself whether an expression gives the same everywhere and always: it takes no other for a generated column. What clients compute for
 * themselves has to [M4].
 */
export class ExpressionTrial {
  readonly #run: RunSql;
  readonly #problems: Problems;

  constructor(run: RunSql, problems: Problems) {
    this.#run = run;
    this.#problems = problems;
  }

  /** A change of type without USING. */
  async requireCast(column: TrialColumn, to: string, statement: string | null): Promise<void> {
    await this.requireConversion(column, { sql: `${quoteIdent(column.name)}::${to}`, to, statement });
  }

  async requireConversion(
    column: TrialColumn,
    { sql, to, statement }: { readonly sql: string; readonly to: string; readonly statement: string | null },
  ): Promise<void> {
    await this.#create(`${quoteIdent(column.name)} ${column.type}`, { sql, to, statement }, () => Promise.resolve());
  }

  /** What a new column has in rows that exist, as Postgres text. */
  async valueOf(
    sql: string,
    { type, statement }: { readonly type: string; readonly statement: string },
  ): Promise<string | null> {
    return this.#create(null, { sql, to: type, statement }, async () => {
      await this.#run('insert into millrace_trial default values');
      // Not a cast to text, which would cut the padding of character(n).
      const rows = await this.#run<{ value: string | null }>(
        `select case when outcome is not null then format('%s', outcome) end as value from millrace_trial`,
      );
      return rows[0]?.value ?? null;
    });
  }

  #create<T>(
    column: string | null,
    { sql, to, statement }: { readonly sql: string; readonly to: string; readonly statement: string | null },
    then: () => Promise<T>,
  ): Promise<T> {
    return inTrial(this.#run, async () => {
      try {
        const columns = [...(column === null ? [] : [column]), `outcome ${to} generated always as (${sql}) stored`];
        await this.#run(`create temp table millrace_trial (${columns.join(', ')})`);
      } catch (error) {
        this.#refuse(sql, statement, error);
      }
      return then();
    });
  }

  #refuse(sql: string, statement: string | null, error: unknown): never {
    const said = errorText(error);
    if (!/not immutable/.test(said)) {
      this.#problems.throw(
        'unsupported',
        statement,
        `clients have to compute ${sql} too, and can't: ${said}`,
        'use what every Postgres has, and only the column itself',
      );
    }
    this.#problems.throw(
      'not-immutable',
      statement,
      `${sql} depends on the time, the settings or chance: the rows of clients would get other values than those of the server, whose log does not tell them [M4]`,
      "add the column without a default, fill it with UPDATE, then set the default; for times name the zone: USING … AT TIME ZONE 'UTC'",
    );
  }
}
