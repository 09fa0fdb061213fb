import type { Row } from '@millrace/kernel';
import { rule, type TableMeta } from '@millrace/schema-meta';
import * as fc from 'fast-check';
import type { PendingChange } from './pending-mutation.js';
import { dependants, rebase } from './rebase.js';

const column = (name: string) =>
  ({ name, property: name, type: 'text', clientType: 'text', nullable: true, default: null, setBy: 'client' }) as const;

const table: TableMeta = {
  name: 't',
  entity: 'T',
  columns: [
    column('id'),
    column('a'),
    column('b'),
    { ...column('version'), type: 'integer', clientType: 'integer', setBy: 'server' },
  ],
  serverOnly: [],
  key: ['id'],
  versionColumn: 'version',
  policy: 'last-write-wins',
  read: rule.all(),
  write: rule.all(),
};

const id = fc.constantFrom('1', '2', '3', '4');
const value = fc.option(fc.constantFrom('x', 'y', 'z'), { nil: null });
const empty: Row = {};
const change: fc.Arbitrary<PendingChange> = fc.oneof(
  fc.record({ id, a: value, b: value }).map(
    (set): PendingChange => ({
      table: 't',
      operation: 'insert',
      key: { id: set.id },
      set,
      old: empty,
      version: null,
      local: { version: '1' },
    }),
  ),
  fc.record({ id, set: fc.record({ id, a: value, b: value }, { requiredKeys: [] }) }).map(
    ({ id: key, set }): PendingChange => ({
      table: 't',
      operation: 'update',
      key: { id: key },
      set: { ...set },
      old: empty,
      version: '1',
      local: empty,
    }),
  ),
  id.map(
    (key): PendingChange => ({
      table: 't',
      operation: 'delete',
      key: { id: key },
      set: empty,
      old: empty,
      version: '1',
      local: empty,
    }),
  ),
);
const base = fc
  .uniqueArray(fc.record({ id, a: value, b: value, version: fc.constantFrom('1', '9007199254740993') }), {
    selector: (row) => row.id,
  })
  .map(
    (rows) =>
      new Map<string, Row | null>(
        ['1', '2', '3', '4'].map((key) => [JSON.stringify([key]), rows.find((row) => row.id === key) ?? null]),
      ),
  );

/** The naive oracle: a list of rows, written to as a user would think of it. */
function naive(rows: readonly Row[], changes: readonly PendingChange[]): readonly Row[] {
  let now = [...rows];
  for (const { operation, key, set, local } of changes) {
    const at = now.findIndex((row) => row['id'] === key['id']);
    const row = now[at];
    if (operation === 'delete') now = now.filter((_, index) => index !== at);
    else if (operation === 'insert')
      now = [...now.filter((_, index) => index !== at), row ? { ...row, ...set } : { ...local, ...set }];
    else if (row) {
      const next: Row = { ...row, ...set, version: String(BigInt(row['version'] ?? '0') + 1n) };
      now = [...now.filter((other, index) => index !== at && other['id'] !== next['id']), next];
    }
  }
  return now;
}

const byId = (rows: readonly Row[]) =>
  [...rows].sort((a, b) => ((a['id'] ?? '') < (b['id'] ?? '') ? -1 : 1)).map((row) => ({ ...row }));
const shown = (rows: ReadonlyMap<string, Row | null>) => [...rows.values()].filter((row): row is Row => row !== null);

describe('[A2] rebase', () => {
  it('shows what a user would expect of base rows and pending changes', () => {
    fc.assert(
      fc.property(base, fc.array(change, { maxLength: 12 }), (rows, changes) => {
        expect(byId(shown(rebase(table, rows, changes)))).toEqual(byId(naive(shown(rows), changes)));
      }),
    );
  });

  it('of some rows and those tied to them is the same as of all rows', () => {
    fc.assert(
      fc.property(base, fc.array(change, { maxLength: 12 }), fc.uniqueArray(id), (rows, changes, touched) => {
        const whole = rebase(table, rows, changes);
        const part = dependants(table, new Set(touched.map((key) => JSON.stringify([key]))), changes);
        const some = new Map([...rows].filter(([key]) => part.keys.has(key)));
        for (const [key, row] of rebase(table, some, part.changes)) expect(row).toEqual(whole.get(key));
      }),
    );
  });

  it('takes nothing away from base when nothing is pending', () => {
    fc.assert(fc.property(base, (rows) => expect(rebase(table, rows, [])).toEqual(rows)));
  });

  it('does not change its arguments', () => {
    fc.assert(
      fc.property(base, fc.array(change), (rows, changes) => {
        const before = new Map(rows);
        rebase(table, rows, changes);
        expect(rows).toEqual(before);
      }),
    );
  });
});
