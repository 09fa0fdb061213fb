import type { PgText } from '@millrace/kernel';

/**
 * A value as its entity class declares it, from Postgres text. Only where that is exact: `bigint`, `numeric`, dates and times
 * stay text (I10). Text that is no value of the type stays text, for the class's rules to complain about.
 */
export function typedValue(type: string, text: PgText): unknown {
  if (text === null) return null;
  const value = READERS[type]?.(text);
  return value === undefined ? text : value;
}

/** Each returns undefined for text that it can't read. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  smallint: readInteger,
  integer: readInteger,
  boolean: readBoolean,
  json: readJson,
  jsonb: readJson,
};

function readInteger(text: string): number | undefined {
  return /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** `t` and `f` are what the wire of Postgres says, `true` and `false` what a cast to text says. */
function readBoolean(text: string): boolean | undefined {
  if (text === 't' || text === 'true') return true;
  return text === 'f' || text === 'false' ? false : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
