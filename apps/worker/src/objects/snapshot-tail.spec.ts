import type { HistoryTransaction, PageResult } from '@millrace/change-history';
import { LSN_ZERO, type Position } from '@millrace/kernel';
import type { ServerMessage } from '@millrace/sync-protocol';
import { app, CLIENT, EPOCH } from '../testing/fake-env.js';
import { snapshotTail } from './snapshot-tail.js';

const at = (seq: number): Position => ({ epoch: EPOCH, seq: BigInt(seq), chain: seq.toString(16).padStart(32, '0') });

function transaction(seq: number, tenantId: string): HistoryTransaction {
  return {
    position: at(seq),
    firstSeq: BigInt(seq),
    commitLsn: LSN_ZERO,
    commitTime: '2026-01-01 00:00:00+00',
    schemaVersion: '1.0.0',
    mutation: null,
    entries: [
      {
        seq: BigInt(seq),
        table: 'notes',
        operation: 'delete',
        data: null,
        oldData: { id: `${seq}`, tenant_id: tenantId },
        scopeOld: `tenantId=${tenantId}`,
        scopeNew: null,
        unchangedToast: [],
      },
    ],
  };
}

async function tail(
  pages: readonly PageResult[],
  upTo: Position,
): Promise<{ readonly asked: readonly bigint[]; readonly frames: readonly ServerMessage[] }> {
  const asked: bigint[] = [];
  const frames: ServerMessage[] = [];
  const rest = [...pages];
  const readPage = async (after: Position) => {
    asked.push(after.seq);
    return rest.shift() as PageResult;
  };
  const options = { schema: app.schema, claims: { tenantId: 't1' }, clientId: CLIENT, readPage };
  for await (const messages of snapshotTail(options, at(1), upTo)) frames.push(...messages);
  return { asked, frames };
}

const page = (from: number, to: number, transactions: readonly HistoryTransaction[], complete = true): PageResult => ({
  kind: 'page',
  page: { from: at(from), to: at(to), transactions },
  complete,
});

describe('[S2] snapshotTail', () => {
  it('is nothing when the snapshot already stands at H', async () =>
    expect(await tail([], at(1))).toEqual({ asked: [], frames: [] }));

  it('reads page after page up to H, each frame continuing the last one (I4)', async () => {
    const { asked, frames } = await tail(
      [page(1, 4, [transaction(2, 't1'), transaction(3, 't2')], false), page(4, 6, [transaction(5, 't1')])],
      at(6),
    );
    expect(asked).toEqual([1n, 4n]);
    const begins = frames.flatMap((frame) => (frame.type === 'begin' ? [frame.from] : []));
    const commits = frames.flatMap((frame) => (frame.type === 'commit' ? [frame.position.seq] : []));
    expect(begins).toEqual(['1', '2', '4', '5']);
    expect(commits).toEqual(['2', '4', '5', '6']);
  });

  it('I8 holds no change out of scope', async () => {
    const { frames } = await tail([page(1, 2, [transaction(2, 't2')])], at(2));
    expect(frames.map((frame) => frame.type)).toEqual(['begin', 'commit']);
  });

  const ends: readonly PageResult[] = [
    { kind: 'epoch-changed' },
    { kind: 'cursor-unknown' },
    { kind: 'transaction-too-large', position: at(2) },
  ];
  it.each(ends)('I12 fails by name when history cannot be read on: $kind', async (result) => {
    const { kind } = result;
    await expect(tail([result], at(2))).rejects.toMatchObject({
      code: 'snapshot-failed',
      retry: 'backoff',
      message: expect.stringContaining(kind),
    });
  });

  it('I12 fails by name where a change cannot be replayed', async () => {
    const migrated = { ...transaction(2, 't1'), schemaVersion: '2.0.0' };
    await expect(tail([page(1, 2, [migrated])], at(2))).rejects.toMatchObject({
      code: 'snapshot-failed',
      message: expect.stringContaining('schema-changed'),
    });
  });
});
