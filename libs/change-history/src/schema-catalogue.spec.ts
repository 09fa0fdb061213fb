import type { Row } from '@millrace/kernel';
import { migrationOf, schemaWith, tableOf } from '@millrace/schema-compat/testing';
import { CatalogueCache, schemaStepOf } from './schema-catalogue.js';

const table = tableOf({ name: 'notes', columns: ['id'] });
const v1 = schemaWith('1.0.0', table);
const migration = migrationOf({ before: v1, after: schemaWith('1.1.0', table) });
const row: Row = {
  migration_name: 'm',
  direction: 'up',
  ordinal: '7',
  created_at: '2026-01-01 00:00:00+00',
  migration: JSON.stringify(migration),
};

describe('a row of the catalogue', () => {
  it('is a step with its place', () => {
    expect(schemaStepOf(row)).toEqual({ migration, direction: 'up', ordinal: 7n, at: '2026-01-01 00:00:00+00' });
  });

  it.each([
    ['direction', 'sideways', 'neither up nor down'],
    ['ordinal', null, 'place'],
    ['ordinal', 'x', 'place'],
    ['migration', null, 'holds no migration'],
    ['migration', '{', 'holds no migration'],
    ['migration', JSON.stringify({ ...migration, checksum: 'x' }), 'checksum'],
  ])('[M1] with %s %j is refused by name: a change of the schema must not pass for none', (column, value, words) => {
    expect(() => schemaStepOf({ ...row, [column]: value })).toThrow(
      expect.objectContaining({ code: 'decode-failed', message: expect.stringContaining(words) as string }),
    );
  });
});

it('the cache reads only when a transaction sees another newest step than it knows', async () => {
  let rows: readonly Row[] = [];
  let reads = 0;
  const sql = {
    query: async () => {
      reads += 1;
      return { rows, rowCount: rows.length };
    },
  };
  const cache = new CatalogueCache(v1);
  expect((await cache.at(sql, null)).steps).toEqual([]);
  expect(reads).toBe(0);
  rows = [row];
  expect((await cache.at(sql, '7')).steps).toHaveLength(1);
  await cache.at(sql, '7');
  expect(reads).toBe(1);
  rows = [];
  expect((await cache.at(sql, null)).steps).toEqual([]);
});
