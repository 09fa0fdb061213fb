import { instanceRows, matchingRows, sortRows, type Order } from './sort.js';

const instance = (clientId: string, seq: string | null, sub = 'ann') => ({
  clientId,
  sub,
  rowKeys: ['tenantId=1'],
  seq,
  connectedAt: '2026-01-01T00:00:00.000Z',
  state: null,
});
const loading = {
  phase: 'snapshot-loading',
  since: '2026-01-01T00:00:00.000Z',
  cause: 'below-horizon',
  trigger: 'gap',
  chunksDone: 1,
  chunksTotal: 4,
  attempts: 1,
  lastError: null,
} as const;
const rows = instanceRows([instance('b', '9'), instance('a', '10'), instance('c', null, 'bob')], '12');
const ids = (order: Order) => sortRows(rows, order).map(({ clientId }) => clientId);

describe('connected instances', () => {
  it('are as far behind as the head is ahead', () => expect(rows.map(({ behind }) => behind)).toEqual([3n, 2n, null]));

  it('are never ahead of a head that was read a moment earlier', () =>
    expect(instanceRows([instance('a', '13')], '12')[0]?.behind).toBe(0n));

  it('sort by number, not by text, with unknown ones last', () => {
    expect(ids({ column: 'seq', descending: false })).toEqual(['b', 'a', 'c']);
    expect(ids({ column: 'seq', descending: true })).toEqual(['a', 'b', 'c']);
  });

  it('stand still where they are equal', () =>
    expect(ids({ column: 'connectedAt', descending: true })).toEqual(['a', 'b', 'c']));

  it('are found and sorted by their state, with unknown ones last', () => {
    const withState = [...rows, ...instanceRows([{ ...instance('d', '1'), state: loading }], '12')];
    expect(matchingRows(withState, 'horizon').map(({ clientId }) => clientId)).toEqual(['d']);
    expect(sortRows(withState, { column: 'state', descending: true })[0]?.clientId).toBe('d');
  });

  it('are found by any word', () => expect(matchingRows(rows, ' BOB ').map(({ clientId }) => clientId)).toEqual(['c']));
});
