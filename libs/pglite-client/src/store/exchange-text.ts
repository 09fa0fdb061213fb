import { messages, protocol, type PGliteInterface } from '@electric-sql/pglite';
import { SqlError, type PgText, type SqlParam, type SqlResult } from '@millrace/kernel';
import { arrayLiteral } from './array-literal.js';
import { sqlErrorOf, toRow } from './pglite-text.js';

/** A PGlite's own protocol. */
export type Protocol = Pick<PGliteInterface, 'execProtocolStream' | 'runExclusive'>;

/**
 * Runs one statement inside the transaction that the caller holds, with text in and text out. All of the extended protocol's messages go in one exchange, where
 * PGlite's own `query` takes six: each costs as much as a small statement, and between apply and its caller there are several statements.
 */
export async function exchangeText(pg: Protocol, sql: string, params: readonly SqlParam[] = []): Promise<SqlResult> {
  const values = params.map((param) => (typeof param === 'string' || param === null ? param : arrayLiteral(param)));
  const { parse, bind, describe, execute, sync } = protocol.serialize;
  const request = joined([parse({ text: sql }), bind({ values }), describe({ type: 'P' }), execute({}), sync()]);
  try {
    return resultOf(await pg.runExclusive(() => pg.execProtocolStream(request, { syncToFs: false })));
  } catch (error) {
    throw sqlErrorOf(error);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

type Answer = Awaited<ReturnType<Protocol['execProtocolStream']>>;

/** Command tags whose number counts rows that were changed. */
const CHANGING = /^(?:INSERT|UPDATE|DELETE|MERGE|COPY)\b.* (\d+)$/;

function resultOf(answer: Answer): SqlResult {
  let names: readonly string[] = [];
  let changed = 0;
  let complete = false;
  const rows: ReturnType<typeof toRow>[] = [];
  for (const message of answer) {
    if (message instanceof messages.RowDescriptionMessage) names = message.fields.map((field) => field.name);
    else if (message instanceof messages.DataRowMessage) rows.push(toRow(names, message.fields as readonly PgText[]));
    else if (message instanceof messages.CommandCompleteMessage) {
      complete = true;
      changed = Number(CHANGING.exec(message.text)?.[1] ?? 0);
    }
  }
  if (!complete)
    throw new SqlError('the local database did not say that the statement was completed', { code: '08P01' });
  return { rows, rowCount: rows.length || changed };
}
