import type { CapturedChange } from '@millrace/change-history';
import { lsnFrom } from '@millrace/kernel';
import type { DecodedTransaction } from './decoder.js';
import { FillMarks, fillMark } from './fill-marks.js';
import { schemaOf } from './testing/schemas.js';

const schema = schemaOf(
  { name: 'items', key: ['id'], columns: ['id:integer'] },
  { name: 'parts', key: ['id'], columns: ['id:integer'] },
);
const row: CapturedChange = { ...fillMark('items', 'rewritten'), operation: 'insert', newRow: { id: '1' } };
const migration: CapturedChange = { ...row, table: 'sync.client_migration' };

function transaction(fields: Partial<DecodedTransaction> = {}): DecodedTransaction {
  const at = lsnFrom(1n);
  return { xid: 1, commitLsn: at, endLsn: at, commitTime: '', changes: [row], bytes: 1, ...fields };
}
const described = (signature: string, table = 'items') => ({ signatures: new Map([[table, signature]]) });
const marksIn = (changes: readonly CapturedChange[]) =>
  changes.filter(({ operation }) => operation === 'fill').map(({ table, cause }) => `${table} ${cause}`);

function marks(known: Readonly<Record<string, string>> = { items: 'a', parts: 'a' }) {
  const fillMarks = new FillMarks(schema, new Map(Object.entries(known)));
  return {
    fillMarks,
    after: (fields: Partial<DecodedTransaction>) => marksIn(fillMarks.mark(transaction(fields))),
  };
}

describe('[M4] columns of a table', () => {
  it('are as before: nothing', () => expect(marks().after(described('a'))).toEqual([]));

  it('are others: one mark, before the changes, and not again', () => {
    const { fillMarks, after } = marks();
    expect(fillMarks.mark(transaction(described('b'))).map(({ operation }) => operation)).toEqual(['fill', 'insert']);
    expect(after(described('b'))).toEqual([]);
    expect(fillMarks.takeChanged()?.get('items')).toBe('b');
    expect(fillMarks.takeChanged()).toBeNull();
  });

  it('are seen for the first time: they are learnt', () => {
    const { after } = marks({});
    expect(after(described('a'))).toEqual([]);
    expect(after(described('b'))).toEqual(['items rewritten']);
  });

  it('were changed by a migration: that says so itself, whenever the table is next written to', () => {
    const { after } = marks();
    expect(after({ ...described('b'), changes: [migration, row] })).toEqual([]);
    expect(after(described('b', 'parts'))).toEqual([]);
    expect(after(described('c', 'parts'))).toEqual(['parts rewritten']);
  });
});

describe('[M4] fills that were asked for', () => {
  const asked = (cause: 'late-table' | 'rewritten', ...names: readonly string[]) => ({
    changes: [],
    fills: [{ cause, tables: names.map((name) => ({ name, signature: 'b' })) }],
  });

  it('are marks, each table once', () => {
    const { after } = marks();
    expect(after({ ...asked('late-table', 'items', 'parts', 'items'), ...described('b') })).toEqual([
      'items late-table',
      'parts late-table',
    ]);
  });

  it('for columns that the stream has told of meanwhile are without effect', () => {
    const { after } = marks();
    expect(after(described('b'))).toEqual(['items rewritten']);
    expect(after(asked('rewritten', 'items'))).toEqual([]);
    expect(after(asked('late-table', 'items'))).toEqual(['items late-table']);
  });

  it('for rows that were rewritten under the same columns are marks, whatever is known of the columns', () => {
    const rewritten = {
      changes: [],
      fills: [{ cause: 'rewritten' as const, tables: [{ name: 'items', signature: null }] }],
    };
    expect(marks().after(rewritten)).toEqual(['items rewritten']);
    expect(marks({}).after(rewritten)).toEqual(['items rewritten']);
  });

  it('for tables that are not synced are none', () =>
    expect(marks().after(asked('late-table', 'secrets'))).toEqual([]));
});

it('[C9] a table that is marked already is not marked twice', () => {
  expect(marks().after({ ...described('b'), changes: [fillMark('items', 'quarantined')] })).toEqual([
    'items quarantined',
  ]);
});
