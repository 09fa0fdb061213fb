import type { VerifiedTable } from '@millrace/pglite-client/react';
import { describeReport, describeTable } from './describe-report.js';

const table = (outcome: VerifiedTable['outcome'], name = 'invoices'): VerifiedTable => ({
  name,
  outcome,
  rows: 1_000,
  reason: outcome === 'not-comparable' ? 'changed-meanwhile' : null,
});
const report = (...tables: readonly VerifiedTable[]) =>
  describeReport({ position: { epoch: '', seq: 1n, chain: '' }, tables });

describe('a comparison with the server', () => {
  it('in one sentence', () => {
    expect(report(table('equal'), table('equal'))).toBe("All 2 tables are equal to the server's.");
    expect(report(table('equal'), table('not-comparable'))).toContain('1 of 2 tables could not be compared');
    expect(report(table('repaired'), table('not-comparable'))).toBe(
      'invoices differed from the server and was loaded anew.',
    );
  });

  it('table by table', () => {
    expect(describeTable(table('equal'))).toBe('equal, 1,000 rows');
    expect(describeTable(table('not-comparable'))).toBe('changed while it was compared: ask again');
  });
});
