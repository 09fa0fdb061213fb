import type { Catalogue, SchemaStep } from '@millrace/schema-compat';
import { columnOf, migrationOf, schemaWith, tableOf } from '@millrace/schema-compat/testing';
import { copyQuery } from './copy-query.js';
import { translatedView, viewOf } from './snapshot-view.js';

const notes = tableOf({ name: 'notes', columns: ['id', 'tenant_id', 'body'] });
const v1 = schemaWith('1.0.0', notes);
const texts = { ...notes, name: 'texts', columns: ['id', 'colour', 'tenant_id', 'text'].map(columnOf) };
const v2 = schemaWith('2.0.0', texts, tableOf({ name: 'more', columns: ['id'] }));
const renaming = migrationOf({
  before: v1,
  after: v2,
  kind: 'breaking',
  ops: [
    { op: 'add-column', table: 'notes', column: columnOf('colour'), value: null },
    { op: 'rename-column', table: 'notes', from: 'body', to: 'text' },
    { op: 'rename-table', from: 'notes', to: 'texts' },
    { op: 'add-table', table: tableOf({ name: 'more', columns: ['id'] }) },
  ],
});
const catalogue = (...steps: readonly SchemaStep[]): Catalogue => ({ compiled: v1, steps });
const migrated = catalogue({ migration: renaming, direction: 'up' });

it('the schema in force in its own words', () => {
  expect(translatedView(migrated, '2.0.0')).toEqual(viewOf(v2));
  expect([...viewOf(v1).told]).toEqual([['notes', { name: 'notes', columns: ['id', 'tenant_id', 'body'] }]]);
});

it('rows in words of an older version: read by the names in force, in the order of the older one, and by the rules in force (I8)', () => {
  const view = translatedView(migrated, '1.0.0');
  expect(view?.version).toBe('1.0.0');
  expect(view?.schema.tables.map(({ name, columns }) => [name, columns.map((each) => each.name)])).toEqual([
    ['texts', ['id', 'tenant_id', 'text']],
  ]);
  expect([...(view?.told ?? [])]).toEqual([['texts', { name: 'notes', columns: ['id', 'tenant_id', 'body'] }]]);
  const [table] = view?.schema.tables ?? [];
  const query = table && copyQuery(table, { tenantId: 't1' }, 'json');
  expect(query).toMatch(/"id".*"tenant_id".*"text".*from "public"."texts" where .*tenant_id/);
  expect(query).not.toContain('colour');
});

it('what cannot be told in it has no view', () => {
  const dropping = migrationOf({
    before: v2,
    after: schemaWith('3.0.0', { ...texts, columns: texts.columns.slice(0, 3) }),
    ops: [{ op: 'drop-column', table: 'texts', column: columnOf('text') }],
  });
  const steps = [renaming, dropping].map((migration): SchemaStep => ({ migration, direction: 'up' }));
  expect(translatedView(catalogue(...steps), '2.0.0')).toBeNull();
  expect(translatedView(catalogue(...steps), '1.0.0')).toBeNull();
  expect(translatedView(migrated, '0.9.0')).toBeNull();
});
