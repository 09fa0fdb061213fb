import { describeStatus } from './describe-status.js';

describe('the sync badge', () => {
  it('is in sync only if nothing waits', () => {
    expect(describeStatus({ phase: 'live', pending: 0 })).toEqual({ tone: 'good', text: 'In sync' });
    expect(describeStatus({ phase: 'live', pending: 2 })).toEqual({ tone: 'busy', text: 'Sending' });
  });

  it.each([
    ['offline', 'Offline'],
    ['waiting', 'Reconnecting'],
    ['hydrating', 'Loading'],
    ['stopped', 'Stopped'],
    ['greeting', 'Connecting'],
  ] as const)('says of %s: %s', (phase, text) => expect(describeStatus({ phase, pending: 1 }).text).toBe(text));
});
