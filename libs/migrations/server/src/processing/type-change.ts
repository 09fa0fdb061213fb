/** What a change of type means to rows, by the types as `format_type` prints them. */
export interface TypeChange {
  /** Every value of either type is a value of the other, with the same text. */
  readonly sameText: boolean;
  /** Every value of the old type is a value of the new one, with the same text. */
  readonly widens: boolean;
  /** An app reads the new values as it read the old ones. */
  readonly sameForApps: boolean;
}

export function typeChange(from: string, to: string): TypeChange {
  const sameText = from === to || (isUnboundedText(from) && isUnboundedText(to));
  const widens = sameText || [textWidens, integerWidens, numericWidens].some((rule) => rule(from, to));
  return { sameText, widens, sameForApps: widens && familyOf(from) === familyOf(to) };
}

function isUnboundedText(type: string): boolean {
  return type === 'text' || type === 'character varying';
}

/** `character(n)` is none of them: it prints its padding. */
function textWidens(from: string, to: string): boolean {
  const [shorter, longer] = [varcharLength(from), varcharLength(to)];
  return shorter !== null && longer !== null && shorter <= longer;
}

/** Of `text`: without end. */
function varcharLength(type: string): number | null {
  if (isUnboundedText(type)) return Infinity;
  const length = /^character varying\((\d+)\)$/.exec(type)?.[1];
  return length === undefined ? null : Number(length);
}

const INTEGERS = ['smallint', 'integer', 'bigint'];

function integerWidens(from: string, to: string): boolean {
  return INTEGERS.includes(from) && INTEGERS.indexOf(from) <= INTEGERS.indexOf(to);
}

/** More digits before the point; another number behind it prints otherwise. */
function numericWidens(from: string, to: string): boolean {
  const [narrow, wide] = [numericParts(from), numericParts(to)];
  if (!narrow || to === 'numeric') return narrow !== null;
  return wide !== null && wide.scale === narrow.scale && wide.precision >= narrow.precision;
}

function numericParts(type: string): { readonly precision: number; readonly scale: number } | null {
  const [, precision, scale] = /^numeric\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision === undefined ? null : { precision: Number(precision), scale: Number(scale) };
}

/** What the row types of a query make of it: numbers for small integers, text for the rest. */
function familyOf(type: string): string {
  if (type === 'smallint' || type === 'integer') return 'number';
  return type === 'bigint' ? 'bigint' : 'text';
}
