import { parse, protocol, type PGlite, type Results, type Transaction } from '@electric-sql/pglite';
import { exchange, type Answer } from '../store/exchange-text.js';
import type { textParsers } from '../store/pglite-text.js';
import { BE_APP } from '../store/replica-guard.js';
import type { QueryResult } from './millrace-client.js';

export interface StatementOptions {
  /** Values come as Postgres' text. */
  readonly text: boolean;
}

/** The app's statements in one transaction. */
export type AppStatements = <T>(
  sql: string,
  params: readonly unknown[],
  options: StatementOptions,
) => Promise<QueryResult<T>>;

/**
 * Runs the app's statements inside the transaction `tx` of `pg`, which becomes the app's with the first of them. Values go through PGlite's own serializers
 * and parsers; only the exchanges are fewer than those of its `query`, which a write of one row notices: one, or two with parameters, whose types have to be
 * known before they can be sent.
 */
export function appStatements(pg: PGlite, tx: Transaction, texts: ReturnType<typeof textParsers>): AppStatements {
  const { serialize } = protocol;
  let first = true;

  function opening(): readonly Uint8Array[] {
    if (!first) return [];
    first = false;
    return [serialize.query(BE_APP)];
  }

  async function answerTo(sql: string, params: readonly unknown[]): Promise<Answer> {
    const statement = serialize.parse({ text: sql });
    const portal = [serialize.describe({ type: 'P' }), serialize.execute({}), serialize.sync()];
    if (params.length === 0) return exchange(pg, [...opening(), statement, serialize.bind({}), ...portal]);
    const described = await exchange(pg, [
      ...opening(),
      statement,
      serialize.describe({ type: 'S' }),
      serialize.sync(),
    ]);
    const types = parse.parseDescribeStatementResults(described);
    const values = params.map((value, index) => serialized(pg, value, types[index] ?? 0));
    return exchange(pg, [serialize.bind({ values }), ...portal]);
  }

  return async <T>(sql: string, params: readonly unknown[], { text }: StatementOptions) => {
    if (tx.closed) throw new Error('Transaction is closed');
    const answer = await pg.runExclusive(() => answerTo(sql, params));
    const results = parse.parseResults(ofStatement(answer), pg.parsers, text ? { parsers: texts } : {});
    const { rows, affectedRows } = results[0] as Results<T>;
    return { rows, affectedRows: affectedRows ?? 0 };
  };
}

/** Without what answers {@link BE_APP}. */
function ofStatement(answer: Answer): Answer {
  const begin = answer.findLastIndex((message: Answer[number]) => message.name === 'bindComplete');
  return answer.slice(begin);
}

function serialized(pg: PGlite, value: unknown, type: number): string | null {
  if (value === null || value === undefined) return null;
  const serialize = pg.serializers[type];
  return serialize ? serialize(value) : String(value);
}
