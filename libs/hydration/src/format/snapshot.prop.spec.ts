import fc from 'fast-check';
import type { PositionJson } from '@millrace/kernel';
import type { ServerMessage } from '@millrace/sync-protocol';
import { concat, copyBlocks } from '../fixtures/copy-bytes.js';
import { decodeSnapshot } from './decode-snapshot.js';
import { encodeSnapshot } from './encode-snapshot.js';
import { encodeFrame } from './frames.js';
import { encodePart } from './part-codec.js';
import type { SnapshotPart } from './snapshot-part.js';

const position: PositionJson = {
  epoch: '018f0000-0000-4000-8000-000000000000',
  seq: '18446744073709551615',
  chain: 'a'.repeat(32),
};
const begin: ServerMessage = { type: 'begin', from: '7', time: null };

const field = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: null });
const table = fc.record({
  name: fc.stringMatching(/^[a-zä🦊]{1,8}$/u),
  rows: fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
});

function snapshotOf(tables: readonly { name: string; rows: (Uint8Array | null)[][] }[]): SnapshotPart[] {
  return [
    { kind: 'header', schemaVersion: '1.0.0', position, tables: tables.map(({ name }) => name) },
    ...tables.flatMap(({ name, rows }): SnapshotPart[] => [
      { kind: 'table', name, columns: ['a', 'b'], rowEstimate: rows.length },
      ...copyBlocks(rows).map((bytes): SnapshotPart => ({ kind: 'rows', bytes })),
      { kind: 'table-end', rows: rows.length },
    ]),
    { kind: 'tail', messages: [begin] },
    { kind: 'end', position, rows: tables.reduce((sum, { rows }) => sum + rows.length, 0) },
  ];
}

async function* cutAt(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let index = 1; index < edges.length; index += 1) yield bytes.slice(edges[index - 1], edges[index]);
}

async function decode(bytes: Uint8Array, cuts: readonly number[] = []): Promise<SnapshotPart[]> {
  const parts: SnapshotPart[] = [];
  for await (const part of decodeSnapshot(cutAt(bytes, cuts))) parts.push(part);
  return parts;
}

const encode = (parts: readonly SnapshotPart[]) => concat([...encodeSnapshot(parts)]);
const plain = (parts: readonly SnapshotPart[]) =>
  parts.map((part) => (part.kind === 'rows' ? { ...part, bytes: [...part.bytes] } : part));

/** A small whole snapshot, and the same with one part replaced or left out. */
const small = snapshotOf([{ name: 't', rows: [[Uint8Array.of(1, 2), null]] }]);
const smallWith = (kind: SnapshotPart['kind'], change: (part: SnapshotPart) => SnapshotPart[]) =>
  encode(small.flatMap((part) => (part.kind === kind ? change(part) : [part])));

describe('a snapshot', () => {
  it('is read as it was written, however its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(table, { maxLength: 4 }),
        fc.array(fc.nat(5000), { maxLength: 40 }),
        async (tables, cuts) => {
          const parts = snapshotOf(tables);
          expect(plain(await decode(encode(parts), cuts))).toEqual(plain(parts));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is corrupt wherever it ends early', async () => {
    const bytes = encode(small);
    for (let length = 0; length < bytes.length; length += 1) {
      await expect(decode(bytes.slice(0, length))).rejects.toMatchObject({ code: 'snapshot-corrupt' });
    }
  });

  it('is never read to its end with a byte of its structure changed in silence', async () => {
    const bytes = encode(small);
    const expected = plain(small);
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = bytes.slice();
      changed[index] = (changed[index] ?? 0) ^ 0x80;
      // A changed value inside a row or a name is for the connection's own checksum to find; a changed structure is ours.
      const outcome = await decode(changed).then(plain, (error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'snapshot-corrupt' });
      else expect(outcome).toHaveLength(expected.length);
    }
  });

  it.each([
    ['bytes that are none', new TextEncoder().encode('<html>no snapshot</html>')],
    ['nothing', new Uint8Array(0)],
    ['another version of the format', concat([new TextEncoder().encode('MRSNAP99'), encode(small).slice(8)])],
    ['junk after its end', concat([encode(small), Uint8Array.of(1)])],
    ['a part after its end', concat([encode(small), encodePart({ kind: 'end', position, rows: 1 })])],
    ['an unknown part', concat([encode(small.slice(0, -1)), encodeFrame({ kind: 99, content: new Uint8Array(0) })])],
    [
      'a part of another shape',
      concat([encode(small.slice(0, -1)), encodeFrame({ kind: 6, content: new TextEncoder().encode('{}') })]),
    ],
    ['another count of rows in a table', smallWith('table-end', () => [{ kind: 'table-end', rows: 2 }])],
    ['another count of rows in all', smallWith('end', () => [{ kind: 'end', position, rows: 2 }])],
    ['a table left out', smallWith('header', (part) => [{ ...part, tables: ['t', 'u'] } as SnapshotPart])],
    ['a table that was not announced', smallWith('header', (part) => [{ ...part, tables: ['u'] } as SnapshotPart])],
    ['no header', smallWith('header', () => [])],
    ['two headers', smallWith('header', (part) => [part, part])],
    ['rows outside of a table', smallWith('table', () => [])],
    ['a table without end', smallWith('table-end', () => [])],
    [
      'a row that is cut',
      smallWith('rows', (part) => [{ kind: 'rows', bytes: (part as { bytes: Uint8Array }).bytes.slice(0, -1) }]),
    ],
    ['a row twice', smallWith('rows', (part) => [part, part])],
  ])('is corrupt with %s', async (_what, bytes) => {
    await expect(decode(bytes)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
  });

  it('is corrupt with a table after the tail', async () => {
    const [header, ...others] = small;
    const parts: SnapshotPart[] = [
      { ...header, tables: ['t', 't'] } as SnapshotPart,
      ...others.slice(0, -1),
      { kind: 'tail', messages: [begin] },
      ...others,
    ];
    await expect(decode(encode(parts))).rejects.toMatchObject({ code: 'snapshot-corrupt' });
  });

  it('throws the error of a server that could not finish', async () => {
    const failed = (code: string) =>
      concat([encode(small.slice(0, 2)), encodePart({ kind: 'error', code, message: 'said so' })]);
    await expect(decode(failed('timeout'))).rejects.toMatchObject({ code: 'timeout', message: 'said so' });
    await expect(decode(failed('of-a-newer-server'))).rejects.toMatchObject({ code: 'snapshot-failed' });
  });
});
