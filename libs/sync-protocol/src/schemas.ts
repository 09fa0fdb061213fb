import type { PgText } from '@millrace/kernel';
import * as v from 'valibot';
import { LIMITS } from './limits.js';

const DECIMAL = /^(0|[1-9][0-9]{0,18})$/;
const BIGINT_MAX = 2n ** 63n - 1n;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const uuidSchema = v.pipe(v.string(), v.regex(UUID));
export const nameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.nameChars));

/** A number as decimal text, within Postgres' bigint: beyond it a query would fail instead of the decoder. */
export const seqSchema = v.pipe(
  v.string(),
  v.regex(DECIMAL),
  v.check((text) => DECIMAL.test(text) && BigInt(text) <= BIGINT_MAX, 'a 64-bit number'),
);

export const positionSchema = v.object({
  epoch: uuidSchema,
  seq: seqSchema,
  chain: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
});

export const valueSchema = v.nullable(v.pipe(v.string(), v.maxLength(LIMITS.rowChars)));

/** Column → text or null. Copied by definition, not by assignment: a column named `__proto__` is a column like any other, and reaches no prototype (X19). */
export const rowSchema = v.pipe(
  v.custom<Readonly<Record<string, unknown>>>(
    (input) => typeof input === 'object' && input !== null && !Array.isArray(input),
    'a row',
  ),
  v.check((row) => Object.keys(row).length <= LIMITS.changeColumns, 'a row with fewer columns'),
  v.check(
    (row) => Object.entries(row).every(([name, value]) => isName(name) && isValue(value)),
    'a row of text or null by column name',
  ),
  v.transform((row) => ({ ...row }) as Readonly<Record<string, PgText>>),
);

function isName(name: string): boolean {
  return name.length > 0 && name.length <= LIMITS.nameChars;
}

function isValue(value: unknown): value is PgText {
  return value === null || (typeof value === 'string' && value.length <= LIMITS.rowChars);
}

export const verdictSchema = v.picklist(['accepted', 'merged', 'rejected']);

export const verdictReasonSchema = v.object({
  code: nameSchema,
  message: v.string(),
  table: v.optional(nameSchema),
  columns: v.optional(v.array(nameSchema)),
  constraint: v.optional(nameSchema),
});

/** Dense number of a mutation within one client, from 1. */
export const mutationIdSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** The server's word on one mutation. */
export const mutationResultSchema = v.object({
  mutationId: mutationIdSchema,
  txId: uuidSchema,
  verdict: verdictSchema,
  reason: v.nullable(verdictReasonSchema),
});
export type MutationResult = v.InferOutput<typeof mutationResultSchema>;
