import { describeReload } from './describe-reload.js';

describe('describeReload', () => {
  it('names what is loaded, and why', () => {
    expect(describeReload({ resync: 'rewritten', filling: ['invoices', 'payments'] })).toBe(
      'Loading invoices, payments anew: the table was rewritten.',
    );
    expect(describeReload({ resync: 'client-request', filling: null })).toBe(
      'Loading all rows anew: somebody asked for it.',
    );
  });

  it('is silent when nothing is loaded', () => expect(describeReload({ resync: null, filling: null })).toBeNull());
});
