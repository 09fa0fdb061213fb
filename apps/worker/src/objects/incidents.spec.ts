import { Incidents } from './incidents.js';

const known = new Set(['invoices', 'payments']);

it('I12 incidents are counted by cause and table; all tables are one', () => {
  const incidents = new Incidents();
  incidents.add({ kind: 'fill', cause: 'late-table', tables: ['invoices', 'payments'] }, known);
  incidents.add({ kind: 'fill', cause: 'late-table', tables: ['invoices'] }, known);
  incidents.add({ kind: 'resync', cause: 'epoch-changed', tables: null }, known);
  expect(incidents.all()).toEqual([
    { kind: 'fill', cause: 'late-table', table: 'invoices', count: 2 },
    { kind: 'fill', cause: 'late-table', table: 'payments', count: 1 },
    { kind: 'resync', cause: 'epoch-changed', table: null, count: 1 },
  ]);
  expect([incidents.total('fill'), incidents.total('resync'), incidents.total('ordered')]).toEqual([3, 1, 0]);
});

it('I11 names that are no tables are not counted', () => {
  const incidents = new Incidents();
  incidents.add({ kind: 'ordered', cause: 'client-request', tables: ['a', 'b'] }, known);
  expect(incidents.all()).toEqual([]);
});
