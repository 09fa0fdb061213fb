import { positionToJson } from '@millrace/kernel';
import type { Fill, TailLine } from '@millrace/sync-protocol';
import { addColor } from '../../testing/conformance-migrations.js';
import { at, frames, OTHER_EPOCH, patch } from '../../testing/conformance/client-store-world.js';
import { readTail } from './read-tail.js';

async function* lines(...some: readonly TailLine[]): AsyncGenerator<TailLine> {
  yield* some;
}

const end = (seq: number, epoch?: string): TailLine => ({ kind: 'end', position: positionToJson(at(seq, epoch)) });
const part = (...messages: ReturnType<typeof frames>): TailLine => ({ kind: 'frames', messages: [...messages] });
const read = (...some: readonly TailLine[]) =>
  readTail(lines(...some), { after: at(10), atLeast: 12n, version: '1.1.0' });
const change = [patch(1, { name: 'x' })];

describe('readTail', () => {
  it('is whole transactions, and where they lead', async () => {
    const [begin, ...rest] = frames(11, 13, []);
    expect(await read(part(...frames(10, 11, change), begin!), part(...rest), end(14))).toEqual({
      kind: 'whole',
      transactions: [
        { position: at(11), steps: [], changes: change, ack: null },
        { position: at(13), steps: [], changes: [], ack: null },
      ],
      position: at(14),
    });
  });

  it('[M3] notes a step that leads to the schema of the rows; behind any other, rows have to be read anew', async () => {
    const [begin, ...rest] = frames(10, 12, change);
    const step = (direction: 'up' | 'down') =>
      part(begin!, { type: 'schema-change', fit: 'must-migrate', migration: addColor, direction }, ...rest);
    expect(await read(step('up'), end(12))).toMatchObject({ transactions: [{ changes: change, steps: [{}] }] });
    await expect(read(step('down'), end(12))).rejects.toMatchObject({ code: 'schema-unknown' });
  });

  it('[S4] ends where more tables are wanted', async () => {
    const fill: Fill = { type: 'fill', tables: ['items'], cause: 'transaction-too-large', atLeast: '20' };
    expect(await read(part(...frames(10, 11, change)), { kind: 'fill', fill })).toEqual({
      kind: 'fill',
      tables: ['items'],
      atLeast: 20n,
    });
  });

  it.each<[string, string, readonly TailLine[]]>([
    ['has no last line', 'network', [part(...frames(10, 11, change))]],
    ['does not continue the rows', 'snapshot-corrupt', [part(...frames(11, 12, change)), end(12)]],
    ['ends within a transaction', 'snapshot-corrupt', [part(...frames(10, 12, change).slice(0, 2)), end(12)]],
    ['ends before its last transaction', 'snapshot-corrupt', [part(...frames(10, 13, change)), end(12)]],
    ['ends in another epoch', 'snapshot-corrupt', [end(12, OTHER_EPOCH)]],
    ['does not reach what the rows show [S2]', 'snapshot-failed', [end(11)]],
    ['failed at the server', 'database-unavailable', [{ kind: 'error', code: 'database-unavailable', message: '' }]],
    ['failed for a reason unheard of', 'snapshot-failed', [{ kind: 'error', code: 'new-code', message: '' }]],
  ])('one that %s is no tail: %s', (_what, code, some) => expect(read(...some)).rejects.toMatchObject({ code }));

  it('(I12) says why the rows have to be read anew', () =>
    expect(read({ kind: 'resync', cause: 'below-horizon', message: 'gone' })).rejects.toMatchObject({
      resyncCause: 'below-horizon',
    }));
});
