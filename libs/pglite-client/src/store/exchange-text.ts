import { messages, protocol, type PGliteInterface } from '@electric-sql/pglite';
import { SqlError, type PgText, type SqlParam, type SqlResult } from '@millrace/kernel';
import { arrayLiteral } from './array-literal.js';
import { sqlErrorOf, toRow } from './pglite-text.js';

/** A PGlite's own protocol. */
export type Protocol = Pick<PGliteInterface, 'execProtocolStream' | 'runExclusive'>;

export type Answer = Awaited<ReturnType<Protocol['execProtocolStream']>>;

/**
 * Sends messages of Postgres' protocol in one exchange. PGlite's own `query` takes six, and each costs as much as a small statement. The caller holds the
 * running transaction, and `runExclusive` if more than one exchange makes up what it does.
 */
export function exchange(pg: Protocol, requests: readonly Uint8Array[]): Promise<Answer> {
  return pg.execProtocolStream(joined(requests), { syncToFs: false });
}

/** Runs one statement inside the transaction that the caller holds, with text in and text out. */
export async function exchangeText(pg: Protocol, sql: string, params: readonly SqlParam[] = []): Promise<SqlResult> {
  const values = params.map((param) => (typeof param === 'string' || param === null ? param : arrayLiteral(param)));
  const { parse, bind, describe, execute, sync } = protocol.serialize;
  const requests = [parse({ text: sql }), bind({ values }), describe({ type: 'P' }), execute({}), sync()];
  return textOfAnswer(pg, requests);
}

/** The same for a statement without parameters. */
export async function exchangeSimple(pg: Protocol, sql: string): Promise<SqlResult> {
  return textOfAnswer(pg, [protocol.serialize.query(sql)]);
}

async function textOfAnswer(pg: Protocol, requests: readonly Uint8Array[]): Promise<SqlResult> {
  try {
    return resultOf(await pg.runExclusive(() => exchange(pg, requests)));
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
