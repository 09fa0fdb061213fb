import { positionToJson } from '@millrace/kernel';
import { at } from '../testing/conformance/client-store-world.js';
import { compareCheckpoint } from './compare-checkpoint.js';

const hash = (text: string, algorithm = 'sum') => ({ algorithm, count: '3', hash: text });
const checkpoint = (text: string) => ({
  type: 'checkpoint' as const,
  from: positionToJson(at(10)),
  to: positionToJson(at(12)),
  tables: [{ name: 'items', hash: hash(text) }],
});
const outcome = (here: ReturnType<typeof hash>, changedAt: bigint, there = '1') =>
  compareCheckpoint(checkpoint(there), [{ name: 'items', hash: here, changedAt }])[0];

describe('[S6] compareCheckpoint', () => {
  it('equal hashes are equal rows, different ones are not', () => {
    expect(outcome(hash('1'), 10n)).toEqual({ name: 'items', outcome: 'equal', rows: 3, reason: null });
    expect(outcome(hash('2'), 10n)).toMatchObject({ outcome: 'different' });
    expect(outcome({ ...hash('1'), count: '4' }, 3n)).toMatchObject({ outcome: 'different' });
  });

  it('a table that changed after the server began to read says nothing, equal or not', () => {
    expect(outcome(hash('2'), 11n)).toMatchObject({ outcome: 'not-comparable', reason: 'changed-meanwhile' });
    expect(outcome(hash('1'), 11n)).toMatchObject({ outcome: 'not-comparable' });
  });

  it('hashes of two algorithms never compare', () =>
    expect(outcome(hash('1', 'other'), 10n)).toMatchObject({ outcome: 'not-comparable', reason: 'other-algorithm' }));

  it('a table that is not here cannot be compared', () =>
    expect(compareCheckpoint(checkpoint('1'), [])).toMatchObject([{ reason: 'unknown-table' }]));
});
