import type { HistoryEntry, HistoryTransaction, PageResult } from '@millrace/change-history';
import { positionToJson, type Position } from '@millrace/kernel';
import type { Catalogue } from '@millrace/schema-compat';
import { columnOf, migrationOf } from '@millrace/schema-compat/testing';
import { rule, type SchemaMeta } from '@millrace/schema-meta';
import type { ServerMessage, TailLine } from '@millrace/sync-protocol';
import { at, entry, migrated as migratedRow, transaction } from '@millrace/sync-session/testing';
import { app, CLIENT } from '../testing/fake-env.js';
import { snapshotTail, type Held, type TailRange } from './snapshot-tail.js';

const notes = { ...(app.schema.tables[0] as SchemaMeta['tables'][number]), columns: [columnOf('id')] };
const schema: SchemaMeta = { ...app.schema, tables: [notes, { ...notes, name: 'marks', read: rule.all() }] };

const step = {
  migration: migrationOf({ before: schema, after: { ...schema, version: '1.1.0' } }),
  direction: 'up',
} as const;
const catalogue: Catalogue = { compiled: schema, steps: [step] };

const entryOf = (seq: number, tenantId: string, more: Partial<HistoryEntry> = {}) =>
  entry({
    seq: BigInt(seq),
    table: 'notes',
    operation: 'delete',
    oldData: { id: `${seq}`, tenant_id: tenantId },
    scopeOld: `tenantId=${tenantId}`,
    ...more,
  });

const transactionOf = (seq: number, tenantId: string, entries = [entryOf(seq, tenantId)]) => transaction(seq, entries);

const fillMark = (seq: number, table: string) => entryOf(seq, '', { table, operation: 'fill', cause: 'rewritten' });

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
      [page(1, 4, [transactionOf(2, 't1'), transactionOf(3, 't2')], false), page(4, 6, [transactionOf(5, 't1')])],
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
    const { frames } = await tail([page(1, 2, [transactionOf(2, 't2')])], at(2));
    expect(frames.map((frame) => frame.type)).toEqual(['begin', 'commit']);
  });

  it('leaves out what the rows of a table hold already, and asks history for the rest alone', async () => {
    const both = (seq: number) =>
      transactionOf(seq, 't1', [entryOf(seq - 1, 't1'), entryOf(seq, 't1', { table: 'marks' })]);
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
        [page(1, 4, [transactionOf(2, 't1'), transactionOf(3, '', [fillMark(3, 'marks')]), transactionOf(4, 't1')])],
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
        [tooLarge, page(1, 5, [transactionOf(3, 't1'), transactionOf(5, '', [fillMark(5, 'marks')])])],
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
      const { last } = await tail([page(1, 3, [transactionOf(3, '', [fillMark(3, 'marks')])])], at(3), {
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
      const unknown = { ...transactionOf(2, 't1'), schemaVersion: '2.0.0' };
      expect((await tail([page(1, 2, [unknown])], at(2))).last).toMatchObject({
        kind: 'resync',
        cause: 'schema-changed',
      });
    });

    it('[S2] behind a migration all tables are read anew, whatever comes after it', async () => {
      const entries = [{ ...migratedRow(step.migration), seq: 3n }];
      const migrated = { ...transactionOf(3, 't1', entries), schemaVersion: '1.1.0' };
      const later = { ...transactionOf(4, 't1'), schemaVersion: '1.1.0' };
      const pages = [page(1, 4, [transactionOf(2, 't1'), migrated, later])];
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
