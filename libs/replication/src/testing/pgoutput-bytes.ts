/** Builds messages of the pgoutput protocol, version 1. */

type Part = number[] | Uint8Array;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...parts: readonly Part[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const tag = (letter: string): number[] => [letter.charCodeAt(0)];
const int = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_none, index) => Number((value >> BigInt(8 * (bytes - 1 - index))) & 0xffn));
const int16 = (value: number): number[] => int(BigInt(value), 2);
const int32 = (value: number): number[] => int(BigInt(value), 4);
const int64 = (value: bigint): number[] => int(value, 8);
const name = (text: string): Uint8Array => join(encode(text), [0]);

export interface ColumnSketch {
  readonly name: string;
  readonly key?: boolean;
}

/** A value: text, null, or `undefined` for unchanged TOAST. */
export type TupleSketch = readonly (string | null | undefined)[];

const tuple = (values: TupleSketch): Uint8Array =>
  join(
    int16(values.length),
    ...values.map((value) =>
      value === undefined
        ? tag('u')
        : value === null
          ? tag('n')
          : join(tag('t'), int32(encode(value).length), encode(value)),
    ),
  );

export const pgoutput = {
  begin: (commitLsn: bigint, xid: number, microseconds = 0n) =>
    join(tag('B'), int64(commitLsn), int64(microseconds), int32(xid)),
  commit: (commitLsn: bigint, endLsn: bigint) => join(tag('C'), [0], int64(commitLsn), int64(endLsn), int64(0n)),
  relation: (id: number, table: readonly [schema: string, table: string], columns: readonly ColumnSketch[]) =>
    join(
      tag('R'),
      int32(id),
      name(table[0]),
      name(table[1]),
      tag('f'),
      int16(columns.length),
      ...columns.map((column) => join([column.key ? 1 : 0], name(column.name), int32(25), int32(-1))),
    ),
  insert: (id: number, row: TupleSketch) => join(tag('I'), int32(id), tag('N'), tuple(row)),
  update: (id: number, row: TupleSketch, old?: readonly [kind: 'K' | 'O', row: TupleSketch]) =>
    join(tag('U'), int32(id), ...(old ? [tag(old[0]), tuple(old[1])] : []), tag('N'), tuple(row)),
  delete: (id: number, old: readonly [kind: 'K' | 'O', row: TupleSketch]) =>
    join(tag('D'), int32(id), tag(old[0]), tuple(old[1])),
  truncate: (...ids: readonly number[]) => join(tag('T'), int32(ids.length), [0], ...ids.map(int32)),
  type: () => join(tag('Y'), int32(7), name('public'), name('mood')),
  origin: () => join(tag('O'), int64(1n), name('elsewhere')),
  message: (prefix = 'prefix', content = '..') =>
    join(tag('M'), [1], int64(1n), name(prefix), int32(encode(content).length), encode(content)),
};
