import { describeElsewhere, describeStatus } from './describe-status.js';

const elsewhere = { pending: 0, rejected: 0, unread: 0 };

describe('the sync badge', () => {
  it('is in sync only if nothing waits', () => {
    expect(describeStatus({ phase: 'live', pending: 0, elsewhere })).toEqual({ tone: 'good', text: 'In sync' });
    expect(describeStatus({ phase: 'live', pending: 2, elsewhere })).toEqual({ tone: 'busy', text: 'Sending' });
  });

  it('is not in sync while closed tabs have left something unsent, or nobody knows', () => {
    for (const more of [{ pending: 1 }, { unread: 1 }])
      expect(describeStatus({ phase: 'live', pending: 0, elsewhere: { ...elsewhere, ...more } }).text).toBe('Sending');
    expect(describeStatus({ phase: 'live', pending: 0, elsewhere: { ...elsewhere, rejected: 1 } }).text).toBe(
      'In sync',
    );
  });

  it('says what they left', () => {
    expect(describeElsewhere(elsewhere)).toBeNull();
    expect(describeElsewhere({ pending: 2, rejected: 1, unread: 0 })).toBe(
      'from tabs that were closed: 2 unsent, 1 refused',
    );
  });

  it.each([
    ['offline', 'Offline'],
    ['waiting', 'Reconnecting'],
    ['hydrating', 'Loading'],
    ['stopped', 'Stopped'],
    ['greeting', 'Connecting'],
  ] as const)('says of %s: %s', (phase, text) =>
    expect(describeStatus({ phase, pending: 1, elsewhere }).text).toBe(text),
  );
});
