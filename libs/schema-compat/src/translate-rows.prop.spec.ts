import { hasColumn } from '@millrace/kernel';
import fc from 'fast-check';
import type { SchemaMigration, SchemaStep } from './schema-migration.js';
import type { SchemaOp } from './schema-op.js';
import { reversed } from './schema-step.js';
import { columnOf, migrationOf, schemaWith, tableOf } from './testing/index.js';
import { translateColumns, translateReason, translateRow, translateTable } from './translate-rows.js';

/** A table on its way through some ops, each of which fits where it takes place; columns are known by the number that they were born with. */
interface Way {
  readonly table: string;
  readonly columns: ReadonlyMap<number, string>;
  readonly ops: readonly SchemaOp[];
  readonly born: number;
}

const START: Way = {
  table: 't0',
  columns: new Map([
    [0, 'c0'],
    [1, 'c1'],
    [2, 'c2'],
  ]),
  ops: [],
  born: 3,
};

type Choice = readonly [kind: number, which: number];

function grow(way: Way, [kind, which]: Choice): Way {
  const { table, columns, ops, born } = way;
  const all = [...columns];
  const [id, name] = all[which % all.length] ?? [0, ''];
  const add = (op: SchemaOp, more: Partial<Way>): Way => ({ ...way, ops: [...ops, op], ...more });
  switch (kind) {
    case 0: {
      const to = `t${ops.length + 1}`;
      return add({ op: 'rename-table', from: table, to }, { table: to });
    }
    case 1: {
      // A name that was free before, now and then one that a dropped or renamed column had.
      const free = ['c0', 'c1', 'c2', `n${born}`].find((each) => ![...columns.values()].includes(each)) ?? `n${born}`;
      const column = columnOf(free);
      return add(
        { op: 'add-column', table, column, value: `value of ${born}` },
        { columns: new Map([...columns, [born, free]]), born: born + 1 },
      );
    }
    case 2: {
      if (columns.size < 2) return way;
      const rest = new Map(columns);
      rest.delete(id);
      return add({ op: 'drop-column', table, column: columnOf(name) }, { columns: rest });
    }
    case 3: {
      const to = `r${ops.length}`;
      return add({ op: 'rename-column', table, from: name, to }, { columns: new Map(columns).set(id, to) });
    }
    case 4:
      return add({ op: 'add-table', table: tableOf({ name: `other${ops.length}`, columns: ['id'] }) }, {});
    default:
      return add({ op: 'relax', table, column: name, rule: 'not null' }, {});
  }
}

const ways = fc
  .array(fc.tuple(fc.nat(5), fc.nat(20)), { maxLength: 12 })
  .map((choices) => choices.reduce<Way>(grow, START));

/** The ops as one step or as several. */
function stepsOf({ ops }: Way, cut: number): readonly SchemaStep[] {
  const table = tableOf({ name: 'any', columns: ['id'] });
  const migration = (part: readonly SchemaOp[], n: number): SchemaMigration =>
    migrationOf({ before: schemaWith(`1.${n}.0`, table), after: schemaWith(`1.${n + 1}.0`, table), ops: part });
  return [ops.slice(0, cut), ops.slice(cut)].map((part, n) => ({ migration: migration(part, n), direction: 'up' }));
}

const back = (steps: readonly SchemaStep[]) => steps.toReversed().map(reversed);
const rowOf = (columns: ReadonlyMap<number, string>) =>
  Object.fromEntries([...columns].map(([id, name]) => [name, `value of ${id}`]));

it('a whole row has, in the other version, what both have, and what existing rows got there', () => {
  fc.assert(
    fc.property(ways, fc.nat(12), (way, cut) => {
      const steps = stepsOf(way, cut);
      const there = translateRow({ table: 't0', row: rowOf(START.columns) }, steps, { whole: true });
      expect(there).toEqual({ table: way.table, row: rowOf(way.columns) });
    }),
    { numRuns: 2_000 },
  );
});

it('there and back keeps all that both have, whole or in part', () => {
  fc.assert(
    fc.property(ways, fc.nat(12), fc.boolean(), fc.subarray(['c0', 'c1', 'c2']), (way, cut, whole, part) => {
      const steps = stepsOf(way, cut);
      const full = rowOf(START.columns);
      const row = whole ? full : Object.fromEntries(part.map((name) => [name, full[name] ?? null]));
      const there = translateRow({ table: 't0', row }, steps, { whole });
      const again = there && translateRow(there, back(steps), { whole });
      expect(again?.table).toBe('t0');
      for (const [id, name] of START.columns) {
        if (!hasColumn(row, name)) expect(hasColumn(again?.row ?? {}, name)).toBe(false);
        else if (way.columns.has(id)) expect(again?.row[name]).toBe(row[name]);
        else if (whole) expect(again?.row[name]).toBeNull();
        else expect(hasColumn(again?.row ?? {}, name)).toBe(false);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('a part stays a part: no column comes into it', () => {
  fc.assert(
    fc.property(ways, fc.nat(12), (way, cut) => {
      const there = translateRow({ table: 't0', row: { c1: 'x' } }, stepsOf(way, cut), { whole: false });
      expect(there?.row).toEqual(way.columns.has(1) ? { [way.columns.get(1) as string]: 'x' } : {});
    }),
  );
});

describe('names', () => {
  const steps: readonly SchemaStep[] = [
    {
      migration: migrationOf({
        before: schemaWith('1.0.0'),
        after: schemaWith('2.0.0'),
        ops: [
          { op: 'rename-table', from: 'notes', to: 'texts' },
          { op: 'rename-column', table: 'texts', from: 'a', to: 'b' },
          { op: 'drop-column', table: 'texts', column: columnOf('c') },
          { op: 'drop-table', table: tableOf({ name: 'old', columns: ['id'] }) },
        ],
      }),
      direction: 'up',
    },
  ];

  it('of tables, columns and what a verdict speaks of', () => {
    expect([translateTable('notes', steps), translateTable('old', steps), translateTable('else', steps)]).toEqual([
      'texts',
      null,
      'else',
    ]);
    expect(translateColumns('notes', ['c', 'a', 'd'], steps)).toEqual(['b', 'd']);
    expect(translateReason({ code: 'x', table: 'notes', columns: ['a'] }, steps)).toEqual({
      code: 'x',
      table: 'texts',
      columns: ['b'],
    });
    expect(translateReason({ code: 'x', table: 'old' }, steps)).toEqual({ code: 'x' });
    expect(translateReason<{ code: string; table?: string }>({ code: 'x' }, steps)).toEqual({ code: 'x' });
  });
});
