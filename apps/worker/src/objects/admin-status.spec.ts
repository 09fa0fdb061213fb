import { createdInstance } from '@millrace/hydration';
import { migrationOf, schemaWith, tableOf } from '@millrace/schema-compat/testing';
import { decodeValue, adminStatusSchema } from '@millrace/sync-protocol';
import { adminStatus, figuresOf, type StatusParts } from './admin-status.js';
import { Incidents } from './incidents.js';

const position = { epoch: '00000000-0000-4000-8000-00000000000e', seq: 7n, chain: 'c'.repeat(32) };
const incidents = new Incidents();
incidents.add({ kind: 'fill', cause: 'rewritten', tables: ['notes'] }, new Set(['notes']));

const parts: StatusParts = {
  now: 60_000,
  capture: {
    capture: {
      state: 'asleep',
      detail: null,
      decoder: 'pgoutput',
      reader: 'stream',
      since: '1970-01-01T00:00:00.000Z',
    },
    slot: null,
    position,
    lagMs: null,
    lastCommitAt: null,
    failingSince: null,
    counters: { transactions: 1, changes: 2, quarantined: 0 },
    epochs: [],
  },
  catalogue: null,
  sleep: null,
  kept: null,
  counters: { pushes: 0, doorbells: 0, pages: 0 },
  incidents,
  registrations: [{ clientId: 'a', sub: 'ann', rowKeys: ['*'] }],
  states: [
    { clientId: 'a', sub: 'ann', state: { ...createdInstance(0), phase: 'live', connected: true, position } },
    {
      clientId: 'b',
      sub: 'bob',
      state: {
        ...createdInstance(9),
        phase: 'snapshot-loading',
        cause: 'below-horizon',
        chunksDone: 2,
        chunksTotal: 5,
      },
    },
  ],
  newsOf: () => ({ connectedAt: null, cursor: null }),
};

it('shows who is connected and who loads, each with its state and why', () => {
  const status = decodeValue(adminStatusSchema, adminStatus(parts));
  expect(status.instances).toMatchObject([
    { clientId: 'a', seq: '7', connectedAt: '1970-01-01T00:01:00.000Z', state: { phase: 'live', cause: null } },
    {
      clientId: 'b',
      connectedAt: null,
      state: { phase: 'snapshot-loading', cause: 'below-horizon', trigger: 'gap', chunksDone: 2, chunksTotal: 5 },
    },
  ]);
});

it('shows the version in force, and the steps that led to it, newest first', () => {
  const table = tableOf({ name: 'notes', columns: ['id'] });
  const before = schemaWith('1.0.0', table);
  const migration = migrationOf({ before, after: schemaWith('1.1.0', table) });
  const steps = (['up', 'down'] as const).map((direction, index) => ({
    migration,
    direction,
    ordinal: BigInt(index),
    at: `t${index}`,
  }));
  const { schema } = decodeValue(adminStatusSchema, adminStatus({ ...parts, catalogue: { compiled: before, steps } }));
  expect(schema).toEqual({
    version: '1.0.0',
    migrations: [
      { name: 'To1.1.0', version: '1.1.0', kind: 'additive', direction: 'down', at: 't1' },
      { name: 'To1.1.0', version: '1.1.0', kind: 'additive', direction: 'up', at: 't0' },
    ],
  });
});

it('I12 counts incidents by cause and table, and in all', () => {
  const status = adminStatus(parts);
  expect(status.counters).toMatchObject({ fills: 1, resyncs: 0 });
  expect(status.incidents).toEqual([{ kind: 'fill', cause: 'rewritten', table: 'notes', count: 1 }]);
});

it('[Z1] shows of a sleeping capture what was last known, and counts on from there when it wakes', () => {
  const kept = figuresOf({
    ...parts,
    kept: null,
    catalogue: { compiled: schemaWith('1.0.0'), steps: [] },
    capture: { ...parts.capture, epochs: [{ epoch: 'e', cause: 'first-start', startedAt: '' }] },
  });
  const fresh = { ...parts.capture, position: null, counters: { transactions: 0, changes: 0, quarantined: 0 } };
  const sleep = { since: 5_000, nextLookAt: 65_000 };
  const asleep = decodeValue(
    adminStatusSchema,
    adminStatus({ ...parts, capture: { ...fresh, lagMs: 9 }, sleep, kept }),
  );
  expect(asleep).toMatchObject({
    sleep: { since: '1970-01-01T00:00:05.000Z', nextLookAt: '1970-01-01T00:01:05.000Z' },
    capture: { state: 'asleep', since: '1970-01-01T00:00:05.000Z' },
    position: { seq: '7' },
    lagMs: null,
    counters: { transactions: 1, changes: 2 },
    epochs: [{ cause: 'first-start' }],
    schema: { version: '1.0.0', migrations: [] },
  });
  const woken = { ...parts.capture, counters: { transactions: 2, changes: 3, quarantined: 0 } };
  expect(adminStatus({ ...parts, capture: woken, kept }).counters).toMatchObject({ transactions: 3, changes: 5 });
});
