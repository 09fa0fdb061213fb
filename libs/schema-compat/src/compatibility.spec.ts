import type { Catalogue } from './catalogue.js';
import { fitOf, isTranslatable, type Fit } from './compatibility.js';
import type { MigrationKind, SchemaStep } from './schema-migration.js';
import type { SchemaOp } from './schema-op.js';
import { reversed } from './schema-step.js';
import { columnOf, migrationOf, schemaWith, tableOf } from './testing/index.js';

const table = tableOf({ name: 'notes', columns: ['id'] });
const column = columnOf('colour');
const types = { from: 'integer', to: 'bigint', clientFrom: 'integer', clientTo: 'bigint', using: null, back: null };
const OPS = {
  add: { op: 'add-column', table: 'notes', column, value: null },
  drop: { op: 'drop-column', table: 'notes', column },
  rename: { op: 'rename-column', table: 'notes', from: 'a', to: 'b' },
  widen: { op: 'change-type', table: 'notes', column: 'n', ...types, sameText: true },
  retype: { op: 'change-type', table: 'notes', column: 'n', ...types, sameText: false },
  tighten: { op: 'tighten', table: 'notes', column: 'n', rule: 'not null' },
  relax: { op: 'relax', table: 'notes', column: 'n', rule: 'not null' },
  reread: { op: 'reread', table: 'notes', reason: 'rules' },
  addTable: { op: 'add-table', table },
  dropTable: { op: 'drop-table', table },
  renameTable: { op: 'rename-table', from: 'notes', to: 'texts' },
} as const satisfies Record<string, SchemaOp>;

const step = (from: string, to: string, kind: MigrationKind, ...ops: readonly SchemaOp[]): SchemaStep => ({
  migration: migrationOf({ before: schemaWith(from, table), after: schemaWith(to, table), kind, ops }),
  direction: 'up',
});
const catalogue = (...steps: readonly SchemaStep[]): Catalogue => ({ compiled: schemaWith('1.0.0', table), steps });

const additive = step('1.0.0', '1.1.0', 'additive', OPS.add);
const renaming = step('1.1.0', '2.0.0', 'breaking', OPS.rename);
const dropping = step('2.0.0', '3.0.0', 'breaking', OPS.drop);

describe('the matrix', () => {
  it.each<[string, Catalogue, tables: string, app: string, Fit]>([
    ['the same version', catalogue(), '1.0.0', '1.0.0', 'same'],
    ['an older app on the version in force', catalogue(additive), '1.1.0', '1.0.0', 'same'],
    ['an additive step', catalogue(additive), '1.0.0', '1.0.0', 'must-migrate'],
    ['a breaking step that the app knows', catalogue(additive, renaming), '1.1.0', '2.0.0', 'must-migrate'],
    ['several, all known', catalogue(additive, renaming, dropping), '1.0.0', '3.0.0', 'must-migrate'],
    ['a breaking step that can be told', catalogue(additive, renaming), '1.1.0', '1.1.0', 'translate'],
    ['the same, with an additive one before it', catalogue(additive, renaming), '1.0.0', '1.0.0', 'translate'],
    [
      'a breaking step that cannot be told',
      catalogue(additive, renaming, dropping),
      '2.0.0',
      '2.0.0',
      'must-update-app',
    ],
    ['one that can, and one that cannot', catalogue(additive, renaming, dropping), '1.1.0', '1.1.0', 'must-update-app'],
    ['a revert', catalogue(additive, reversed(additive)), '1.1.0', '1.1.0', 'must-migrate'],
    [
      'a revert of what the app does not know',
      catalogue(additive, renaming, reversed(renaming)),
      '2.0.0',
      '1.1.0',
      'must-migrate',
    ],
    ['a version that never was', catalogue(additive), '0.9.0', '0.9.0', 'must-resync'],
    ['a version that never was, on a newer app', catalogue(additive), '0.9.0', '9.0.0', 'must-resync'],
  ])('%s', (_what, given, ...[tables, app, fit]) => expect(fitOf(given, { tables, app })).toBe(fit));
});

it.each<[keyof typeof OPS, boolean]>([
  ['add', true],
  ['addTable', true],
  ['rename', true],
  ['renameTable', true],
  ['widen', true],
  ['tighten', true],
  ['relax', true],
  ['retype', false],
  ['drop', false],
  ['dropTable', false],
  ['reread', false],
])('%s can be told around: %p', (op, told) =>
  expect(isTranslatable(step('1.0.0', '1.1.0', 'additive', OPS[op]))).toBe(told),
);
