import type { Row } from '@millrace/kernel';
import { findColumn, type TableMeta } from '@millrace/schema-meta';
import fc from 'fast-check';
import { deleteRow, insertRow, lockRow, updateRow } from './change-sql.js';
import { checkChange, type CheckedChange } from './check-change.js';
import { Rejection } from './reason.js';
import { items, workshop } from './testing/workshop-schema.js';

const known = items.columns.map((column) => column.name);
const anyName = fc.oneof(
  fc.constantFrom(...known, 'secret', '__proto__', 'constructor', 'toString', '"', `'; drop table items; --`),
  fc.string(),
);
const anyValue = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\0', '\ud800', `'; --`, '$1')), {
  nil: null,
});
const anyRow = fc.array(fc.tuple(anyName, anyValue), { maxLength: 4 }).map((entries) => {
  const row = Object.create(null) as Record<string, string | null>;
  for (const [name, value] of entries) row[name] = value;
  return row as Row;
});
const anyChange = fc.record({
  table: fc.oneof({ weight: 8, arbitrary: fc.constant('items') }, { weight: 1, arbitrary: anyName }),
  operation: fc.constantFrom('insert' as const, 'update' as const, 'delete' as const),
  key: fc.oneof({ weight: 4, arbitrary: fc.record({ id: fc.uuid() }) }, { weight: 1, arbitrary: anyRow }),
  set: anyRow,
  old: anyRow,
  version: anyValue,
});

describe('X1 X4 whatever a client sends', () => {
  it('is a rejection, or a change whose every name is a writable column of the schema', () => {
    let passed = 0;
    fc.assert(
      fc.property(anyChange, (change) => {
        const checked = attempt(() => checkChange(change, workshop));
        if (!checked) return;
        passed += 1;
        expect(Object.keys(checked.set).every((name) => findColumn(checked.table, name)?.setBy === 'client')).toBe(
          true,
        );
        expect(Object.keys(checked.key)).toEqual(checked.table.key);
      }),
      { numRuns: 2_000 },
    );
    expect(passed).toBeGreaterThan(50);
  });

  it("reaches SQL as parameters only: the text of a statement is built from the schema's names", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const checked = attempt(() => checkChange(change, workshop));
        if (!checked) return;
        for (const sql of statements(checked)) expect(onlySchemaWords(checked.table, sql)).toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});

function attempt(work: () => CheckedChange): CheckedChange | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Rejection) return null;
    throw error;
  }
}

function statements({ table, key, set }: CheckedChange): string[] {
  return [
    lockRow(table, key, { team: 'red' }, 'for update'),
    insertRow(table, set),
    updateRow(table, key, set),
    deleteRow(table, key),
  ].map(({ sql }) => sql);
}

/** What is left of a statement after all that may be in it is taken away. */
function onlySchemaWords(table: TableMeta, sql: string): string {
  const names = table.columns.map((column) => `"${column.name}"`).join('|');
  const types = [
    ...new Set(
      table.columns.map((column) =>
        column.type
          .replace(/\(.*?\)/, '')
          .replace('bit', 'bit varying')
          .replace('character[', 'bpchar['),
      ),
    ),
  ];
  const words = [
    'select',
    'from',
    'where',
    'insert into',
    'values',
    'on conflict',
    'do nothing',
    'returning',
    'update',
    'set',
    'delete',
    'and',
    'for update',
    'is not null',
    'concat',
  ];
  return sql
    .replaceAll(`"public"."${table.name}"`, '')
    .replaceAll(new RegExp(names, 'g'), '')
    .replaceAll(`'red'`, '')
    .replaceAll(
      new RegExp(`::(bpchar|text|${types.map((type) => type.replaceAll(/[[\]]/g, '\\$&')).join('|')})`, 'g'),
      '',
    )
    .replaceAll(/\$\d+/g, '')
    .replaceAll(new RegExp(`\\b(${words.join('|')})\\b`, 'g'), '')
    .replaceAll(/[\s(),=]|\[\]/g, '');
}
