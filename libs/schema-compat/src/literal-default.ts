import type { PgText } from '@millrace/kernel';

const QUOTED = /^'((?:[^']|'')*)'(?:::.+)?$/s;
const NUMBER = /^\(?(-?[0-9]+(?:\.[0-9]+)?)\)?(?:::.+)?$/;
const BOOLEAN: Readonly<Record<string, string>> = { true: 't', false: 'f' };

/** The Postgres text that a column's default gives, if it is a literal; null for none, for NULL, and for what has to be computed. */
export function literalDefault(expression: string | null): PgText {
  if (expression === null) return null;
  const text = expression.trim();
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted !== undefined) return quoted.replaceAll("''", "'");
  return BOOLEAN[text.toLowerCase()] ?? NUMBER.exec(text)?.[1] ?? null;
}
