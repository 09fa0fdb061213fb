import type { Row } from '@millrace/kernel';
import type { ConflictPolicy, TableMeta } from '@millrace/schema-meta';
import type { CheckedChange } from './check-change.js';
import { decide, type Decision } from './decide.js';
import { notes, parts } from './testing/workshop-schema.js';

/** The row as the writer saw it, at version 3. */
const base: Row = { id: '1', team: 'red', owner: 'ann', body: 'old body', title: 'old title', version: '3' };
const sameColumnChanged: Row = { ...base, body: 'their body', version: '4' };
const otherColumnChanged: Row = { ...base, title: 'their title', version: '4' };
const touched: Row = { ...base, version: '4' };

const tableOf = (policy: ConflictPolicy): TableMeta => ({ ...notes, policy });
const change = (
  table: TableMeta,
  operation: CheckedChange['operation'],
  more: Partial<CheckedChange> = {},
): CheckedChange => ({
  table,
  operation,
  key: { id: '1' },
  set: operation === 'delete' ? {} : { body: 'my body' },
  old: operation === 'delete' ? base : { body: 'old body' },
  version: operation === 'insert' ? null : '3',
  ...more,
});

/** A decision in one word each, so that the table reads like the one in the design. */
function word(decision: Decision): string {
  switch (decision.kind) {
    case 'reject':
      return `rejected: ${decision.reason.code}`;
    case 'delete':
      return 'deleted';
    case 'keep':
      return decision.merged ? 'kept, merged' : 'accepted';
    case 'write':
      return `writes ${Object.entries(decision.set)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}${decision.merged ? ', merged' : ''}`;
  }
}

describe('conflict policies: what a write meets on a row that has changed since [W7]', () => {
  const mine = 'writes body=my body';
  describe.each<[ConflictPolicy, Record<string, string>]>([
    [
      'last-write-wins',
      {
        same: `${mine}, merged`,
        other: `${mine}, merged`,
        gone: 'rejected: gone',
        deleteChanged: 'deleted',
        exists: 'rejected: exists',
        bothDelete: 'accepted',
      },
    ],
    [
      'server-wins',
      {
        same: 'kept, merged',
        other: `${mine}, merged`,
        gone: 'rejected: gone',
        deleteChanged: 'rejected: changed',
        exists: 'rejected: exists',
        bothDelete: 'accepted',
      },
    ],
    [
      'reject-stale',
      {
        same: 'rejected: stale',
        other: 'rejected: stale',
        gone: 'rejected: gone',
        deleteChanged: 'rejected: stale',
        exists: 'rejected: exists',
        bothDelete: 'accepted',
      },
    ],
  ])('%s', (policy, expected) => {
    const table = tableOf(policy);
    it.each([
      ['unchanged row', change(table, 'update'), base, mine],
      ['same column changed since base', change(table, 'update'), sameColumnChanged, expected['same']],
      ['other column changed since base', change(table, 'update'), otherColumnChanged, expected['other']],
      ['server deleted the row', change(table, 'update'), null, expected['gone']],
      ['client deletes an unchanged row', change(table, 'delete'), base, 'deleted'],
      ['client deletes a row changed since', change(table, 'delete'), sameColumnChanged, expected['deleteChanged']],
      ['client deletes a row that was only touched', change(table, 'delete'), touched, 'deleted'],
      ['insert of an existing key', change(table, 'insert'), base, expected['exists']],
      ['insert', change(table, 'insert'), null, mine],
      ['both delete', change(table, 'delete'), null, expected['bothDelete']],
    ])('%s', (_name, write, current, decision) => expect(word(decide(write, current))).toBe(decision));
  });
});

describe('[W7] changed since base', () => {
  const serverWins = tableOf('server-wins');

  it('is column by column: what the server changed stays, the rest is written', () => {
    const both = change(serverWins, 'update', {
      set: { body: 'my body', title: 'my title' },
      old: { body: 'old body', title: 'old title' },
    });
    const decision = decide(both, sameColumnChanged);
    expect(word(decision)).toBe('writes title=my title, merged');
    expect(decision).toMatchObject({ merged: { code: 'merged', table: 'notes', columns: ['body'] } });
  });

  it("needs another version: a differing value at the version seen is the writer's own doing", () => {
    expect(word(decide(change(serverWins, 'update'), { ...sameColumnChanged, version: '3' }))).toBe(
      'writes body=my body',
    );
  });

  it("needs another value: at another version the same value is nobody's conflict", () => {
    expect(word(decide(change(serverWins, 'update'), touched))).toBe('writes body=my body, merged');
  });

  it('counts an old value that was not stated as another one', () => {
    expect(word(decide(change(serverWins, 'update', { old: {} }), touched))).toBe('kept, merged');
  });

  it('tells null from absent', () => {
    const toNull = change(serverWins, 'update', { old: { body: null } });
    expect(word(decide(toNull, { ...base, body: null, version: '4' }))).toBe('writes body=my body, merged');
    expect(word(decide(toNull, touched))).toBe('kept, merged');
  });

  describe('without a version the old value alone decides', () => {
    const table: TableMeta = { ...parts, policy: 'server-wins' };
    const label = change(table, 'update', { set: { label: 'mine' }, old: { label: 'old' }, version: null });
    it.each([
      ['old', 'writes label=mine'],
      ['theirs', 'kept, merged'],
      [null, 'kept, merged'],
    ])('current %j: %s', (current, decision) =>
      expect(word(decide(label, { item_id: '1', slot: '1', team: 'red', label: current }))).toBe(decision),
    );
  });

  it('an update of nothing writes nothing', () => {
    expect(word(decide(change(serverWins, 'update', { set: {}, old: {} }), base))).toBe('accepted');
  });
});
