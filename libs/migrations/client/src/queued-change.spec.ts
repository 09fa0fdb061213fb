import type { SchemaOp } from '@millrace/schema-compat';
import { translateQueued, type QueuedChange } from './queued-change.js';

const op: SchemaOp = {
  op: 'change-type',
  table: 'notes',
  column: 'title',
  from: 'text',
  to: 'text',
  clientFrom: 'text',
  clientTo: 'text',
  // How a migration states a conversion that reads other columns too.
  using: 'NULL',
  back: 'NULL',
  sameText: false,
};

function change(set: Record<string, string | null>, operation: 'insert' | 'update' = 'update'): QueuedChange {
  return {
    table: 'notes',
    operation,
    key: { id: '1' },
    set,
    old: operation === 'update' ? { title: 'before', ...set } : {},
    version: '1',
    local: {},
  };
}

const translate = (one: QueuedChange) =>
  translateQueued([{ change: one, answered: false }], [op], () => Promise.reject(new Error('not to be asked')));

describe('(I2) a queued write of a column whose conversion a single value cannot go through', () => {
  it('is kept from going up as something else', async () => {
    expect(await translate(change({ title: 'x' }))).toMatchObject([{ kind: 'untold', reason: { column: 'title' } }]);
  });

  it.each([
    ['an update of other columns', change({ size: '1' })],
    ['an insert that leaves it empty', change({ title: null, size: '1' }, 'insert')],
  ])('does not stop %s, whose old value of it is not stated', async (_, one) => {
    const [told] = await translate(one);
    expect(told).toMatchObject({ kind: 'told', change: { set: one.set } });
    expect(told?.kind === 'told' ? Object.keys(told.change.old) : []).not.toContain('title');
  });
});
