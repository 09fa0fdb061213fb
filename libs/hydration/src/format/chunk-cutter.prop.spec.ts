import fc from 'fast-check';
import { concat, copyBlocks } from '../fixtures/copy-bytes.js';
import { ChunkCutter } from './chunk-cutter.js';
import { COPY_HEADER, COPY_TRAILER, CopyRows } from './copy-rows.js';

const field = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null });
const tables = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 40 });
const limits = fc.record({ rows: fc.integer({ min: 1, max: 12 }), bytes: fc.integer({ min: 40, max: 400 }) });

/** The same bytes in other blocks, each of whole rows, as a session may hand them out. */
function regrouped(blocks: readonly Uint8Array[], size: number): readonly Uint8Array[] {
  const groups: Uint8Array[] = [];
  for (let from = 0; from < blocks.length; from += size) groups.push(concat(blocks.slice(from, from + size)));
  return groups;
}

/** Takes each chunk before the cutter goes on, as its user must. */
function inTurn(cutter: ChunkCutter, blocks: readonly Uint8Array[], rows: number) {
  const chunks: { rows: number; bytes: Uint8Array }[] = [];
  for (const block of blocks) {
    for (const chunk of cutter.add(block)) chunks.push({ rows: chunk.rows, bytes: chunk.bytes.slice() });
  }
  const last = cutter.finish(rows);
  if (last) chunks.push({ rows: last.rows, bytes: last.bytes.slice() });
  return chunks;
}

describe('ChunkCutter', () => {
  it('binary: every chunk is a whole file within the limits, and together they are the stream', () => {
    fc.assert(
      fc.property(tables, limits, fc.integer({ min: 1, max: 7 }), (table, limit, size) => {
        const blocks = copyBlocks(table);
        const chunks = inTurn(new ChunkCutter('binary', limit), regrouped(blocks, size), table.length);
        const contents = chunks.map(({ rows, bytes }) => {
          expect(rows).toBeLessThanOrEqual(limit.rows);
          if (rows > 1) expect(bytes.length).toBeLessThanOrEqual(limit.bytes);
          const walk = new CopyRows();
          walk.walk(bytes);
          walk.finish(rows);
          return bytes.subarray(COPY_HEADER.length, -COPY_TRAILER.length);
        });
        expect(concat([COPY_HEADER, ...contents, COPY_TRAILER])).toEqual(concat(blocks));
      }),
    );
  });

  it('json: every chunk is the values of its rows, a line each', () => {
    const lines = fc.array(fc.stringMatching(/^[a-z"é🦊,]{0,30}$/u), { maxLength: 40 });
    fc.assert(
      fc.property(lines, limits, fc.integer({ min: 1, max: 7 }), (texts, limit, size) => {
        const blocks = copyBlocks(texts.map((text) => [new TextEncoder().encode(text)]));
        const chunks = inTurn(new ChunkCutter('json', limit), regrouped(blocks, size), texts.length);
        const read = new TextDecoder().decode(concat(chunks.map(({ bytes }) => bytes)));
        expect(read).toBe(texts.map((text) => `${text}\n`).join(''));
        expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(texts.length);
      }),
    );
  });

  it('a stream that is cut, doubled or short of rows is never taken for a table', () => {
    fc.assert(
      fc.property(tables, fc.nat(), (table, at) => {
        const whole = concat(copyBlocks(table));
        const short = whole.subarray(0, at % whole.length);
        const failing: readonly (readonly [Uint8Array, number])[] = [
          [short, table.length],
          [concat([whole, whole]), 2 * table.length],
          [whole, table.length + 1],
        ];
        for (const [bytes, rows] of failing) {
          expect(() => inTurn(new ChunkCutter('binary'), [bytes], rows)).toThrow(
            expect.objectContaining({ code: 'snapshot-corrupt' }),
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});
