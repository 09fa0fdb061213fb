import type { HistoryEntry, HistoryTransaction, PageResult } from '@millrace/change-history';
import { LSN_ZERO, positionToJson, type Position } from '@millrace/kernel';
import type { Catalogue } from '@millrace/schema-compat';
import { columnOf, migrationOf } from '@millrace/schema-compat/testing';
import { rule, type SchemaMeta } from '@millrace/schema-meta';
import type { ServerMessage, TailLine } from '@millrace/sync-protocol';
import { app, CLIENT, EPOCH } from '../testing/fake-env.js';
import { snapshotTail, type Held, type TailRange } from './snapshot-tail.js';

const at = (seq: number): Position => ({ epoch: EPOCH, seq: BigInt(seq), chain: seq.toString(16).padStart(32, '0') });

const notes = { ...(app.schema.tables[0] as SchemaMeta['tables'][number]), columns: [columnOf('id')] };
const schema: SchemaMeta = { ...app.schema, tables: [notes, { ...notes, name: 'marks', read: rule.all() }] };

const step = {
  migration: migrationOf({ before: schema, after: { ...schema, version: '1.1.0' } }),
  direction: 'up',
} as const;
const catalogue: Catalogue = { compiled: schema, steps: [step] };

function entry(seq: number, tenantId: string, more: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    seq: BigInt(seq),
    table: 'notes',
    operation: 'delete',
    data: null,
    oldData: { id: `${seq}`, tenant_id: tenantId },
    scopeOld: `tenantId=${tenantId}`,
    scopeNew: null,
    unchangedToast: [],
    ...more,
  };
}

function transaction(
  seq: number,
  tenantId: string,
  entries: readonly HistoryEntry[] = [entry(seq, tenantId)],
): HistoryTransaction {
  return {
    position: at(seq),
    firstSeq: BigInt(seq),
    commitLsn: LSN_ZERO,
    commitTime: '2026-01-01 00:00:00+00',
    schemaVersion: '1.0.0',
    mutation: null,
    entries,
  };
}

const fillMark = (seq: number, table: string) => entry(seq, '', { table, operation: 'fill', cause: 'rewritten' });

interface Tail {
  readonly asked: readonly (readonly [seq: bigint, held: Held])[];
  readonly frames: readonly ServerMessage[];
  /** How it ended. */
  readonly last: TailLine | undefined;
}

async function tail(pages: readonly PageResult[], head: Position, more: Partial<TailRange> = {}): Promise<Tail> {
  const asked: [bigint, Held][] = [];
  const lines: TailLine[] = [];
  const rest = [...pages];
  const readPage = async (after: Position, _upTo: Position, held: Held) => {
    asked.push([after.seq, held]);
    return rest.shift() as PageResult;
  };
  const options = { catalogue, version: '1.0.0', claims: { tenantId: 't1' }, clientId: CLIENT, head, readPage };
  for await (const line of snapshotTail(options, { after: at(1), atLeast: 0n, held: {}, ...more })) lines.push(line);
  const last = lines.pop();
  return { asked, last, frames: lines.flatMap((line) => (line.kind === 'frames' ? line.messages : [])) };
}

const page = (from: number, to: number, transactions: readonly HistoryTransaction[], complete = true): PageResult => ({
  kind: 'page',
  page: { from: at(from), to: at(to), transactions },
  complete,
});

const end = (seq: number) => ({ kind: 'end', position: positionToJson(at(seq)) });
const commits = (frames: readonly ServerMessage[]) =>
  frames.flatMap((frame) => (frame.type === 'commit' ? [frame.position.seq] : []));

describe('[S2] snapshotTail', () => {
  it('is nothing but its end when the snapshot already stands at H', async () =>
    expect(await tail([], at(1))).toEqual({ asked: [], frames: [], last: end(1) }));

  it('reads page after page up to H, each frame continuing the last one (I4)', async () => {
    const { asked, frames, last } = await tail(
      [page(1, 4, [transaction(2, 't1'), transaction(3, 't2')], false), page(4, 6, [transaction(5, 't1')])],
      at(6),
    );
    expect(asked).toEqual([
      [1n, {}],
      [4n, {}],
    ]);
    const begins = frames.flatMap((frame) => (frame.type === 'begin' ? [frame.from] : []));
    expect(begins).toEqual(['1', '2', '4', '5']);
    expect(commits(frames)).toEqual(['2', '4', '5', '6']);
    expect(last).toEqual(end(6));
  });

  it('I8 holds no change out of scope', async () => {
    const { frames } = await tail([page(1, 2, [transaction(2, 't2')])], at(2));
    expect(frames.map((frame) => frame.type)).toEqual(['begin', 'commit']);
  });

  it('leaves out what the rows of a table hold already, and asks history for the rest alone', async () => {
    const both = (seq: number) => transaction(seq, 't1', [entry(seq - 1, 't1'), entry(seq, 't1', { table: 'marks' })]);
    const held = { notes: '3' };
    const { asked, frames } = await tail([page(1, 5, [both(3), both(5)])], at(5), { held });
    expect(asked).toEqual([[1n, held]]);
    const changes = frames.flatMap((frame) => (frame.type === 'changes' ? frame.changes : []));
    expect(changes.map((change) => change.table)).toEqual(['marks', 'notes', 'marks']);
    expect(commits(frames)).toEqual(['3', '5']);
  });

  describe('[S4] what cannot be delivered', () => {
    it('is filled: the line names the tables, why, and from where on', async () => {
      const { frames, last } = await tail(
        [page(1, 4, [transaction(2, 't1'), transaction(3, '', [fillMark(3, 'marks')]), transaction(4, 't1')])],
        at(4),
      );
      expect(commits(frames)).toEqual(['2']);
      expect(last).toEqual({
        kind: 'fill',
        fill: { type: 'fill', tables: ['marks'], cause: 'rewritten', atLeast: '3' },
      });
    });

    it('joins all tables that stand in the way up to the head, so that one more round is enough', async () => {
      const tooLarge: PageResult = { kind: 'transaction-too-large', position: at(3), tables: ['notes'] };
      const { asked, last } = await tail(
        [tooLarge, page(1, 5, [transaction(3, 't1'), transaction(5, '', [fillMark(5, 'marks')])])],
        at(5),
      );
      expect(asked).toEqual([
        [1n, {}],
        [1n, { notes: '3' }],
      ]);
      expect(last).toEqual({
        kind: 'fill',
        fill: { type: 'fill', tables: ['notes', 'marks'], cause: 'transaction-too-large', atLeast: '5' },
      });
    });

    it('does not matter where the rows hold it already', async () => {
      const { last } = await tail([page(1, 3, [transaction(3, '', [fillMark(3, 'marks')])])], at(3), {
        held: { marks: '3' },
      });
      expect(last).toEqual(end(3));
    });
  });

  describe('I12 ends by name', () => {
    it.each(['epoch-changed', 'cursor-unknown', 'below-horizon'] as const)('where history says %s', async (kind) =>
      expect((await tail([{ kind }], at(2))).last).toMatchObject({ kind: 'resync', cause: kind }),
    );

    it('where history goes on in a schema that nobody knows', async () => {
      const unknown = { ...transaction(2, 't1'), schemaVersion: '2.0.0' };
      expect((await tail([page(1, 2, [unknown])], at(2))).last).toMatchObject({
        kind: 'resync',
        cause: 'schema-changed',
      });
    });

    it('[S2] behind a migration all tables are read anew, whatever comes after it', async () => {
      const row = {
        ordinal: '1',
        migration_name: 'm',
        direction: 'up',
        created_at: 'then',
        migration: JSON.stringify(step.migration),
      };
      const migrated = transaction(3, 't1', [entry(3, '', { table: 'sync.client_migration', data: row })]);
      const later = { ...transaction(4, 't1'), schemaVersion: '1.1.0' };
      const pages = [page(1, 4, [transaction(2, 't1'), { ...migrated, schemaVersion: '1.1.0' }, later])];
      expect((await tail(pages, at(9))).last).toEqual({
        kind: 'fill',
        fill: { type: 'fill', tables: ['notes', 'marks'], cause: 'schema-changed', atLeast: '3' },
      });
    });

    it('for rows of another epoch, or beyond the head', async () => {
      const other = { ...at(1), epoch: CLIENT };
      expect((await tail([], at(2), { after: other })).last).toMatchObject({ cause: 'epoch-changed' });
      expect((await tail([], at(2), { after: at(3) })).last).toMatchObject({ cause: 'cursor-unknown' });
      expect((await tail([], at(2), { atLeast: 3n })).last).toMatchObject({ cause: 'cursor-unknown' });
    });
  });
});
